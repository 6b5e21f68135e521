import { GatewayError } from '../errors/index.ts'
import type { Upstream } from '../plugin/index.ts'
import { leastLoadedOrder, stickyOrder, type Bounds } from './balance.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { createIdentification } from './identification.ts'
import { createMember, type HealthOptions, type Joining, type Member } from './member.ts'

/** The upstreams of a gateway. They come and go while it runs. */
export interface UpstreamSet {
  /** Those that take calls, in the order they came. */
  list(): readonly HttpUpstream[]
  /**
   * Those that may answer a call for this model, in the order they are to be tried: the healthy ones
   * that name it, those that serve any model, then the others as a last resort, because a probe may be
   * wrong and the server itself knows best. A session keeps to one of them as far as load allows;
   * without one, the least loaded comes first.
   *
   * @param model the empty one is served by all
   * @param session null: the call belongs to none
   * @throws {GatewayError} `no_upstream` when there is none at all, `model_not_found` when none serves it
   */
  candidates(model: string, session: string | null): readonly HttpUpstream[]
  /** Takes one in; one with the same id is removed. */
  add(joining: Joining): void
  /**
   * Takes one out: it gets no new calls, those under way finish, then its sockets are closed. False
   * when there is none with this id.
   */
  remove(id: string): boolean
  /** True for upstreams of this set, also for those that were removed from it. */
  owns(upstream: Upstream): boolean
  /** Notes that no answer came to a call. */
  failed(upstream: Upstream, error: GatewayError): void
  /** Notes that an answer came, with this status. */
  answered(upstream: Upstream, status: number): void
  /** Resolves when a server of unknown kind was asked what it is, or at once when it is known. */
  identified(upstream: Upstream): Promise<void>
  /** Cuts every call and closes every socket, also of those that were removed. */
  close(): Promise<void>
}

export interface UpstreamSetOptions {
  readonly health: HealthOptions
  readonly routing: Bounds
  /** Hears of each change of health, with its reason. */
  readonly onHealth: (upstream: HttpUpstream, healthy: boolean, why: string) => void
}

/** Statuses by which a server, or what stands before it, says that it cannot. 500 is a model's error. */
const DYING: ReadonlySet<number> = new Set([502, 503, 504])

/** An empty set. */
export function createUpstreamSet({ health, routing, onHealth }: UpstreamSetOptions): UpstreamSet {
  const closing = new AbortController()
  const identification = createIdentification(closing.signal)
  const owned = new WeakSet<Upstream>()
  const draining = new Set<HttpUpstream>()
  const members = new Map<Upstream, Member & { leave(): void }>()
  let list: readonly HttpUpstream[] = []

  function remove(id: string): boolean {
    const upstream = list.find((one) => one.id === id)
    const member = upstream && members.get(upstream)
    if (!member) return false
    members.delete(upstream)
    list = list.filter((one) => one !== upstream)
    member.leave()
    identification.forget(upstream)
    draining.add(upstream)
    void upstream.drained.then(() => draining.delete(upstream))
    upstream.retire()
    return true
  }

  function order(some: readonly Member[], session: string | null): Member[] {
    return session === null ? leastLoadedOrder(some) : stickyOrder(some, session, routing)
  }

  return {
    list: () => list,
    candidates(model, session) {
      const named: Member[] = []
      const any: Member[] = []
      const resort: Member[] = []
      for (const member of members.values()) {
        const { models } = member.upstream
        if (models !== null && model !== '' && !models.includes(model)) continue
        const mayServe = member.health.healthy || member.health.isDue
        const isNamed = models !== null || model === ''
        ;(mayServe ? (isNamed ? named : any) : resort).push(member)
      }
      const ordered = [named, any, resort].flatMap((some) => order(some, session))
      const first = ordered[0]
      if (!first) throw nobody(list, model)
      if (first.health.isDue) first.health.tried()
      return ordered.map(({ upstream }) => upstream)
    },
    add(joining) {
      const { upstream, headers, isUnknown } = joining
      remove(upstream.id)
      const left = new AbortController()
      const member = createMember(joining, health, onHealth, left.signal)
      owned.add(upstream)
      members.set(upstream, Object.assign(member, { leave: () => left.abort() }))
      list = [...list, upstream]
      if (isUnknown) identification.expect(upstream, headers)
    },
    remove,
    owns: (upstream) => owned.has(upstream),
    failed(upstream, { code, message }) {
      const found = members.get(upstream)?.health
      if (code === 'upstream_unreachable') found?.callRefused(message)
      // A slow answer or a broken one is no sign of a dead server.
      if (code === 'upstream_connect_timeout' || code === 'upstream_reset') {
        found?.callFailed(message)
      }
    },
    answered(upstream, status) {
      const found = members.get(upstream)?.health
      if (status < 500) found?.callAnswered()
      else if (DYING.has(status)) found?.callFailed(`HTTP ${status}`)
    },
    identified: (upstream) => identification.identified(upstream),
    async close() {
      closing.abort()
      for (const member of members.values()) member.leave()
      await Promise.all([...list, ...draining].map((upstream) => upstream.close()))
    },
  }
}

function nobody(list: readonly HttpUpstream[], model: string): GatewayError {
  if (list.length === 0) {
    return new GatewayError('no_upstream', {
      detail:
        'name one under `upstreams` in the configuration, start with --worker http://host:8000/v1 or register one at POST /admin/workers',
    })
  }
  const known = [...new Set(list.flatMap(({ models }) => models ?? []))]
  return new GatewayError('model_not_found', {
    param: 'model',
    detail: `"${model}"; there is ${known.join(', ')}`,
  })
}
