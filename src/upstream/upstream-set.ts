import { GatewayError } from '../errors/index.ts'
import type { Upstream, UpstreamInfo } from '../plugin/index.ts'
import { isOfServer } from './cooldown.ts'
import { createElsewhere, type Elsewhere } from './elsewhere.ts'
import { kindOfError, kindOfReply, type Failure } from './failure-kind.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { createIdentification } from './identification.ts'
import { createMember, type HealthOptions, type Joining, type Member } from './member.ts'
import { groupOf, nameOnServer } from './model-group.ts'
import { createPicking, type Picked } from './picking.ts'
import { DEFAULT_ROUTING, type RoutingOptions } from './routing-options.ts'
import { NO_SEAT, takeSeat, type Seat } from './seat.ts'
import type { Asked } from './strategies/index.ts'
import { PLAIN_TERMS, type Terms } from './terms.ts'
import { createWaitQueue } from './wait-queue.ts'

/** A call for an upstream, as far as it decides which. */
export interface Wanted extends Asked {
  /** Those that were tried come behind those that were not. */
  readonly tried?: ReadonlySet<Upstream>
  /** Only those of a higher order than this. */
  readonly aboveOrder?: number
}

/** Where a call may go, and its seat at the first of these. */
export interface Placing {
  readonly upstreams: readonly HttpUpstream[]
  readonly seat: Seat
}

/** The upstreams of a gateway. They come and go while it runs. */
export interface UpstreamSet {
  /** What this gateway and others tell each other of upstreams they share. */
  readonly elsewhere: Elsewhere
  /** Those that take calls, in the order they came. */
  list(): readonly HttpUpstream[]
  /**
   * Those that may answer a call, in the order they are to be tried, with a seat at the first of them:
   * the healthy ones that name its model, those that serve any model, then the others as a last resort,
   * because a probe may be wrong and the server itself knows best. Among them the lowest `order` comes
   * first, and then what the strategy says: by default a session keeps to one of them as far as load
   * allows, and without one the least loaded comes first. Those that are busy or cool down are left out;
   * where the options allow it, the call waits for one of them.
   *
   * @throws {GatewayError} `no_upstream` when there is none at all, `model_not_found` when none serves
   * the model, `upstreams_busy`, `no_tagged_upstream`, `context_length_exceeded`; the signal's reason
   * when it aborts before
   */
  place(wanted: Wanted, signal: AbortSignal): Promise<Placing>
  /** A seat at this upstream; undefined when it has no room. */
  seat(upstream: Upstream, tokens: number): Seat | undefined
  /** What is agreed for an upstream; nothing for one that is not of this set. */
  termsOf(upstream: UpstreamInfo): Terms
  /** The name under which the upstream knows the model. */
  nameOn(upstream: Upstream, model: string): string
  /** Those that serve this model, busy or not. */
  servers(model: string): readonly HttpUpstream[]
  /** True when somebody serves this model, busy or not. */
  serves(model: string): boolean
  /** True when one that serves it comes after this order. */
  hasAbove(model: string, order: number): boolean
  /** Takes one in; one with the same id is removed. */
  add(joining: Joining): void
  /**
   * Takes one out: it gets no new calls, those under way finish, then its sockets are closed. False
   * when there is none with this id.
   */
  remove(id: string): boolean
  /** True for upstreams of this set, also for those that were removed from it. */
  owns(upstream: Upstream): boolean
  /** Notes that no answer came to a call, for this model. */
  failed(upstream: Upstream, error: GatewayError, model?: string): void
  /** Notes that an answer came, with this status and what `retry-after` asks for. */
  answered(upstream: Upstream, status: number, model?: string, retryAfterMs?: number | null): void
  /** Notes that an answer came to its end, or why it broke off there. */
  ended(upstream: UpstreamInfo, whyBroken: string | null): void
  /**
   * Resolves when a server of unknown kind was asked what it is, or at once when it is known.
   *
   * @throws the signal's reason when it aborts before
   */
  identified(upstream: Upstream, signal: AbortSignal): Promise<void>
  /** Cuts every call and closes every socket, also of those that were removed. */
  close(): Promise<void>
}

export interface UpstreamSetOptions {
  readonly health: HealthOptions
  /** What is not said is as in `DEFAULT_ROUTING`. */
  readonly routing: Partial<RoutingOptions>
  /** Hears of each change of health, with its reason. */
  readonly onHealth: (upstream: HttpUpstream, healthy: boolean, why: string) => void
}

/** Statuses by which a server, or what stands before it, says that it cannot. 500 is a model's error. */
const DYING: ReadonlySet<number> = new Set([502, 503, 504])

/** An empty set. */
export function createUpstreamSet(options: UpstreamSetOptions): UpstreamSet {
  const { health, onHealth } = options
  const routing = { ...DEFAULT_ROUTING, ...options.routing }
  const closing = new AbortController()
  const identification = createIdentification(closing.signal)
  const owned = new WeakSet<Upstream>()
  const draining = new Set<HttpUpstream>()
  const members = new Map<UpstreamInfo, Member & { leave(): void }>()
  // Also of those that were removed: calls to them that are under way are still to be paid.
  const agreed = new WeakMap<UpstreamInfo, Terms>()
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

  const picking = createPicking(routing)
  const elsewhere = createElsewhere(members)
  const queue = createWaitQueue(routing.wait)

  function pick(wanted: Wanted): Picked<Member> {
    const group = groupOf(members.values(), wanted.model)
    if (group.named.length + group.unnamed.length === 0) throw nobody(list, wanted.model)
    const picked = picking(group, wanted)
    const first = picked.members[0]
    if (first?.health.isDue) first.health.tried()
    return picked
  }

  /** What failed cools down, unless nothing was said about who else serves the model. */
  function cool(member: Member | undefined, failure: Failure | null, model = ''): void {
    if (!member) return
    const isFailure = failure !== null && isOfServer(failure.status)
    member.window.outcome(isFailure)
    if (!isFailure) return
    member.latencies.failed()
    const { named, unnamed } = groupOf(members.values(), model)
    const isAlone = named.length + unnamed.length < 2
    if (member.cooldown.failed(failure, member.window, isAlone)) elsewhere.cools(member)
  }

  function servers(model: string): readonly HttpUpstream[] {
    const { named, unnamed } = groupOf(members.values(), model)
    return [...named, ...unnamed].map(({ upstream }) => upstream)
  }

  return {
    elsewhere,
    list: () => list,
    place(wanted, signal) {
      return queue.enter(
        [wanted.model, ...wanted.tags].join('\n'),
        () => {
          const { members: found, busy } = pick(wanted)
          const first = found[0]
          if (busy || !first) {
            return {
              busy: busy?.error ?? new GatewayError('upstreams_busy'),
              afterMs: busy?.afterMs ?? Infinity,
            }
          }
          const seat = takeSeat(first, wanted.tokens, () => queue.wake())
          return { found: { upstreams: found.map(({ upstream }) => upstream), seat } }
        },
        signal,
      )
    },
    seat(upstream, tokens) {
      const member = members.get(upstream)
      if (!member) return NO_SEAT
      if (member.inFlight >= (member.terms.maxParallel ?? Infinity)) return undefined
      return takeSeat(member, tokens, () => queue.wake())
    },
    termsOf: (upstream) => agreed.get(upstream) ?? PLAIN_TERMS,
    nameOn: (upstream, model) =>
      nameOnServer(members.get(upstream)?.terms.sendModel ?? null, upstream.models, model),
    servers,
    serves: (model) => servers(model).length > 0,
    hasAbove(model, order) {
      const { named, unnamed } = groupOf(members.values(), model)
      return [...named, ...unnamed].some(({ terms }) => terms.order > order)
    },
    add(joining) {
      const { upstream, headers, isUnknown } = joining
      remove(upstream.id)
      const left = new AbortController()
      const member = createMember(joining, health, routing, onHealth, left.signal)
      owned.add(upstream)
      agreed.set(upstream, member.terms)
      members.set(upstream, Object.assign(member, { leave: () => left.abort() }))
      list = [...list, upstream]
      if (isUnknown) identification.expect(upstream, headers)
      queue.wake()
    },
    remove,
    owns: (upstream) => owned.has(upstream),
    failed(upstream, { code, message, status }, model) {
      const member = members.get(upstream)
      const kind = kindOfError(code)
      if (kind) cool(member, { kind, status, retryAfterMs: null }, model)
      if (code === 'upstream_unreachable') member?.health.callRefused(message)
      // A slow answer or a broken one is no sign of a dead server.
      if (code === 'upstream_connect_timeout' || code === 'upstream_reset') {
        member?.health.callFailed(message)
      }
    },
    answered(upstream, status, model, retryAfterMs = null) {
      const member = members.get(upstream)
      const kind = status < 400 ? null : kindOfReply(status, '', null)
      cool(member, kind && { kind, status, retryAfterMs }, model)
      if (status < 500) member?.health.callAnswered()
      else if (DYING.has(status)) member?.health.callFailed(`HTTP ${status}`)
    },
    ended: (upstream, whyBroken) => members.get(upstream)?.health.answerEnded(whyBroken),
    identified: (upstream, signal) => identification.identified(upstream, signal),
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
