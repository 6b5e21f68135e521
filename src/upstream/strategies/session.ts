import { leastLoadedOrder, stickyOrder, type Bounds } from '../balance.ts'
import type { Strategy } from './strategy.ts'

/** A session keeps to its upstream as far as load allows; a call of none goes where load is least. */
export function session(bounds: Bounds): Strategy {
  return (members, asked) =>
    asked.session === null ? leastLoadedOrder(members) : stickyOrder(members, asked.session, bounds)
}
