import { rendezvousOrder, type Weighted } from './rendezvous.ts'

/** A member of the set as balancing sees it. */
export interface Balanced extends Weighted {
  /** Calls under way. */
  readonly inFlight: number
  /** What rotation owes it; kept by {@link leastLoadedOrder}. */
  credit: number
}

/** How far a session's own upstream may be busier than the others before the session leaves it. */
export interface Bounds {
  /** Times its weighted share of all calls under way; at least 1. */
  readonly spillFactor: number
  /** Calls under way that are never too many. */
  readonly spillFloor: number
}

/**
 * The members in the order a session tries them: its rendezvous order, where those that are too busy
 * to be the first stand behind the first one that is not. A session returns as soon as its own member
 * has room again, so load moves it for as long as it must and no longer.
 */
export function stickyOrder<Member extends Balanced>(
  members: readonly Member[],
  session: string,
  { spillFactor, spillFloor }: Bounds,
): Member[] {
  const order = rendezvousOrder(members, session)
  const own = order[0]
  if (!own || own.inFlight <= spillFloor) return order
  let calls = 0
  let weights = 0
  for (const { inFlight, weight } of members) {
    calls += inFlight
    weights += weight
  }
  const isBusy = ({ inFlight, weight }: Member): boolean =>
    inFlight > spillFloor && inFlight > (spillFactor * calls * weight) / weights
  const at = order.findIndex((member) => !isBusy(member))
  return at > 0 ? toFront(order, at) : order
}

/**
 * The members for a call of no session: the least loaded relative to its weight first. Among those
 * that are equally loaded, such as idle ones, calls go round by weight (smooth weighted round robin),
 * so that a burst that comes in before its first call was sent does not end at one place.
 */
export function leastLoadedOrder<Member extends Balanced>(members: readonly Member[]): Member[] {
  const order = members.toSorted((a, b) => loadOf(a) - loadOf(b))
  const least = order[0]
  if (!least) return order
  let best = 0
  let total = 0
  for (const [at, member] of order.entries()) {
    if (loadOf(member) > loadOf(least)) break
    member.credit += member.weight
    total += member.weight
    if (member.credit > (order[best]?.credit ?? 0)) best = at
  }
  const next = order[best] ?? least
  next.credit -= total
  return best > 0 ? toFront(order, best) : order
}

function loadOf({ inFlight, weight }: Balanced): number {
  return inFlight / weight
}

function toFront<Member>(order: Member[], at: number): Member[] {
  order.unshift(...order.splice(at, 1))
  return order
}
