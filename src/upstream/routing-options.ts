import type { Bounds } from './balance.ts'
import type { ByFailure } from './failure-kind.ts'
import type { StrategyName } from './strategies/index.ts'

/** How an upstream is chosen, and when one is left alone. All times are milliseconds. */
export interface RoutingOptions extends Bounds {
  readonly strategy: StrategyName
  /** Sessions keep to their upstream under every strategy. */
  readonly sessionAffinity: boolean
  readonly latency: LatencyOptions
  /** Failures within a cooldown that are let pass; null: more than half of a minute's calls. */
  readonly allowedFails: number | null
  readonly allowedFailsPolicy: ByFailure
  /** How long an upstream that failed gets no calls; 0 never leaves one out. */
  readonly cooldownMs: number
  /** Leaves out upstreams whose context is too short or whose `rpm` is used up. */
  readonly preCallChecks: boolean
  readonly tagFiltering: 'off' | 'any' | 'all'
  readonly wait: WaitOptions
}

export interface LatencyOptions {
  /** How long a sample counts. */
  readonly ttlMs: number
  /** How much slower than the fastest is as good; 0.1 is a tenth. */
  readonly buffer: number
  /** How many samples the mean is taken of. */
  readonly samples: number
}

export interface WaitOptions {
  /** How many calls may wait for an upstream to have room; 0: none. */
  readonly max: number
  readonly timeoutMs: number
}

/** Sessions keep to their upstream, and nothing is limited. */
export const DEFAULT_ROUTING: RoutingOptions = {
  strategy: 'session',
  spillFactor: 2,
  spillFloor: 32,
  sessionAffinity: false,
  latency: { ttlMs: 3_600_000, buffer: 0, samples: 10 },
  allowedFails: null,
  allowedFailsPolicy: {},
  cooldownMs: 0,
  preCallChecks: false,
  tagFiltering: 'off',
  wait: { max: 0, timeoutMs: 30_000 },
}
