import { GatewayError } from '../errors/index.ts'
import type { Headers, Upstream } from '../plugin/index.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { identifyUpstream } from './identify.ts'

const IDENTIFY_MS = 2_000
const IDENTIFY_AGAIN_MS = 10_000

/** All upstreams of a gateway. */
export interface UpstreamSet {
  list(): readonly HttpUpstream[]
  /**
   * Those that may answer a call for this model, the least busy first; in the order of the
   * configuration where they are equally busy.
   *
   * @throws GatewayError `no_upstream` when there is none at all, `model_not_found` when none serves it
   */
  candidates(model: string): readonly HttpUpstream[]
  /** Resolves when a server of unknown kind was asked what it is, or at once when it is known. */
  identified(upstream: Upstream): Promise<void>
  close(): Promise<void>
}

/** An upstream of which the configuration does not say what it is, and how it may be asked. */
export interface UnknownUpstream {
  readonly upstream: HttpUpstream
  readonly headers: Headers
}

/** Makes the set; `unknown` are those whose kind the configuration left to the server. */
export function createUpstreamSet(
  upstreams: readonly HttpUpstream[],
  unknown: readonly UnknownUpstream[],
): UpstreamSet {
  const closing = new AbortController()
  const asking = new Map<Upstream, Promise<void>>()
  const askedAt = new Map<Upstream, number>()
  const open = new Map<Upstream, UnknownUpstream>(unknown.map((one) => [one.upstream, one]))

  function ask({ upstream, headers }: UnknownUpstream): Promise<void> {
    const running = asking.get(upstream)
    if (running) return running
    askedAt.set(upstream, performance.now())
    const answer = identifyUpstream(upstream.url, headers, IDENTIFY_MS, closing.signal)
      .then((kind) => {
        if (!kind) return
        upstream.identify(kind)
        open.delete(upstream)
      })
      .finally(() => asking.delete(upstream))
    asking.set(upstream, answer)
    return answer
  }

  return {
    list: () => upstreams,
    candidates(model) {
      if (upstreams.length === 0) {
        throw new GatewayError('no_upstream', {
          detail:
            'name one under `upstreams` in the configuration or start with --worker http://host:8000/v1',
        })
      }
      const serving = upstreams.filter(
        ({ models }) => models === null || model === '' || models.includes(model),
      )
      if (serving.length === 0) {
        const known = [...new Set(upstreams.flatMap(({ models }) => models ?? []))]
        throw new GatewayError('model_not_found', {
          param: 'model',
          detail: `"${model}"; there is ${known.join(', ')}`,
        })
      }
      return serving.toSorted((a, b) => a.inFlight - b.inFlight)
    },
    async identified(upstream) {
      const unknownOne = open.get(upstream)
      if (!unknownOne) return
      const last = askedAt.get(upstream)
      if (
        last !== undefined &&
        !asking.has(upstream) &&
        performance.now() - last < IDENTIFY_AGAIN_MS
      )
        return
      await ask(unknownOne)
    },
    async close() {
      closing.abort()
      await Promise.all(upstreams.map((upstream) => upstream.close()))
    },
  }
}
