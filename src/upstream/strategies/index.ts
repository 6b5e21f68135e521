import type { RoutingOptions } from '../routing-options.ts'
import { cost } from './cost.ts'
import { latency } from './latency.ts'
import { leastBusy } from './least-busy.ts'
import { session } from './session.ts'
import { simpleShuffle } from './simple-shuffle.ts'
import type { Random, Strategy } from './strategy.ts'
import { usage } from './usage.ts'

export type { Asked, Candidate, Random, Strategy } from './strategy.ts'

export type StrategyName =
  | 'session'
  | 'simple-shuffle'
  | 'least-busy'
  | 'latency'
  | 'usage'
  | 'cost'

/** The strategy of these options. */
export function strategyOf(options: RoutingOptions, random: Random = Math.random): Strategy {
  const sticky = session(options)
  const chosen = byName(options, random)
  if (!options.sessionAffinity) return chosen
  return (members, asked) => (asked.session === null ? chosen : sticky)(members, asked)
}

function byName(options: RoutingOptions, random: Random): Strategy {
  switch (options.strategy) {
    case 'session':
      return session(options)
    case 'simple-shuffle':
      return simpleShuffle(random)
    case 'least-busy':
      return leastBusy(random)
    case 'latency':
      return latency(options.latency.buffer, random)
    case 'usage':
      return usage(random)
    case 'cost':
      return cost(random)
  }
}
