import { EventEmitter, once } from 'node:events'
import type { TestContext } from 'node:test'
import type { Reply } from 'sluice/plugin'
import {
  createHttpUpstream,
  createUpstreamSet,
  type HttpUpstream,
  type HttpUpstreamOptions,
  type UpstreamSet,
  type UpstreamSetOptions,
} from '../../src/upstream/index.ts'

/** An upstream with the settings a test does not care about. */
export function upstreamAt(url: string, options: Partial<HttpUpstreamOptions> = {}): HttpUpstream {
  return createHttpUpstream({
    id: new URL(url).host,
    name: new URL(url).host,
    url,
    apiPath: '/v1',
    weight: 1,
    kind: 'generic',
    models: null,
    simulated: false,
    headers: {},
    passAuthorization: false,
    connections: 16,
    connectMs: 1_000,
    headersMs: 5_000,
    idleMs: 5_000,
    maxResponseBytes: 1_000_000,
    ...options,
  })
}

/** A set whose changes of health can be waited for. */
export interface WatchedSet {
  readonly set: UpstreamSet
  /** Each change, as it was told. */
  readonly told: string[]
  /** Resolves when there have been so many changes. */
  readonly changes: (count: number) => Promise<void>
  readonly join: (url: string, options?: Partial<HttpUpstreamOptions>) => HttpUpstream
}

export function watchedSet(
  t: Pick<TestContext, 'after'>,
  health: Partial<UpstreamSetOptions['health']> = {},
): WatchedSet {
  const told: string[] = []
  const changed = new EventEmitter()
  const set = createUpstreamSet({
    health: {
      intervalMs: 0,
      timeoutMs: 1_000,
      path: '/health',
      unhealthyAfter: 3,
      healthyAfter: 2,
      ...health,
    },
    routing: { spillFactor: 2, spillFloor: 16 },
    onHealth(upstream, healthy, why) {
      told.push(`${upstream.id} ${healthy ? 'in' : 'out'}: ${why}`)
      changed.emit('change')
    },
  })
  t.after(() => set.close())
  return {
    set,
    told,
    async changes(count) {
      while (told.length < count) await once(changed, 'change')
    },
    join(url, options) {
      const upstream = upstreamAt(url, options)
      set.add({ upstream, headers: { 'x-key': 'k' }, isUnknown: false })
      return upstream
    },
  }
}

/** Sends a small call. */
export function ask(upstream: HttpUpstream): Promise<Reply> {
  const outgoing = { method: 'POST', path: '/v1/x', headers: {}, body: Buffer.from('{}') }
  return upstream.send(outgoing, new AbortController().signal)
}

export async function textOf(reply: Reply): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const bytes of reply.body) parts.push(bytes)
  return Buffer.concat(parts).toString()
}

/** Who may answer a call, in order. Its seat is given up at once. */
export async function candidatesOf(
  set: UpstreamSet,
  model: string,
  session: string | null,
): Promise<readonly HttpUpstream[]> {
  const wanted = { model, session, streaming: false, tokens: 0, tags: [] }
  const { upstreams, seat } = await set.place(wanted, new AbortController().signal)
  seat.leave()
  return upstreams
}
