import { GatewayError } from '../errors/index.ts'
import type { Upstream } from '../plugin/index.ts'
import { msUntilReady, suitable, type Limited } from './eligible.ts'
import type { Group } from './model-group.ts'
import type { RoutingOptions } from './routing-options.ts'
import { strategyOf, type Asked } from './strategies/index.ts'

interface Pickable extends Limited {
  readonly upstream: Upstream
  readonly health: { readonly healthy: boolean; readonly isDue: boolean }
}

interface Wish extends Asked {
  readonly tried?: ReadonlySet<Upstream>
  readonly aboveOrder?: number
}

/** The members that take the call, in the order they are tried; or why there is none just now. */
export interface Picked<Member> {
  readonly members: readonly Member[]
  readonly busy: { readonly error: GatewayError; readonly afterMs: number } | null
}

/** Longest wait that is told to a caller when nobody knows how long it is, in seconds. */
const UNKNOWN_WAIT_S = 1

/**
 * Picks from a group: leaves out those that do not suit the call or have no room, puts the healthy ones
 * that name the model first, then those that serve any, then the others; in each the lowest order first,
 * and among equals those that the strategy says.
 */
export function createPicking(
  routing: RoutingOptions,
): <Member extends Pickable>(group: Group<Member>, wish: Wish) => Picked<Member> {
  const strategy = strategyOf(routing)

  function ordered<Member extends Pickable>(some: readonly Member[], wish: Wish): Member[] {
    const { tried } = wish
    if (!tried) return levels(some, wish)
    const fresh = some.filter(({ upstream }) => !tried.has(upstream))
    const again = some.filter(({ upstream }) => tried.has(upstream))
    return [...levels(fresh, wish), ...levels(again, wish)]
  }

  function levels<Member extends Pickable>(some: readonly Member[], asked: Asked): Member[] {
    if (some.length === 0) return []
    const lowest = some[0]?.terms.order
    if (some.every(({ terms }) => terms.order === lowest)) return strategy(some, asked)
    const byOrder = Map.groupBy(some, ({ terms }) => terms.order)
    return [...byOrder]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([, equals]) => strategy(equals, asked))
  }

  return <Member extends Pickable>({ named, unnamed }: Group<Member>, wish: Wish) => {
    const isHigher = ({ terms }: Member): boolean => terms.order > (wish.aboveOrder ?? -Infinity)
    const fit = suitable([...named, ...unnamed], wish, routing).filter(isHigher)
    const naming = new Set(named)
    const tiers: [Member[], Member[], Member[]] = [[], [], []]
    let afterMs = Infinity
    let found = 0
    for (const member of fit) {
      const ms = msUntilReady(member, wish, routing)
      afterMs = Math.min(afterMs, ms)
      if (ms > 0) continue
      found += 1
      const mayServe = member.health.healthy || member.health.isDue
      tiers[mayServe ? (naming.has(member) ? 0 : 1) : 2].push(member)
    }
    if (found > 0) return { members: tiers.flatMap((tier) => ordered(tier, wish)), busy: null }
    return { members: [], busy: { error: busyError(wish.model, afterMs), afterMs } }
  }
}

function busyError(model: string, afterMs: number): GatewayError {
  const seconds = Number.isFinite(afterMs) ? Math.ceil(afterMs / 1_000) : UNKNOWN_WAIT_S
  return new GatewayError('upstreams_busy', {
    detail: `"${model}"; try again in ${seconds} s`,
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  })
}
