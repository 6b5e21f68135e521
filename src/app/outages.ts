import type { OnHealth } from './upstreams.ts'

/** Why upstreams are left out, for those who ask how they are. */
export interface Outages {
  readonly note: OnHealth
  /** Null for one that takes calls. */
  readonly whyOut: (upstream: object) => string | null
}

export function createOutages(): Outages {
  const reasons = new WeakMap<object, string>()
  return {
    note(upstream, healthy, why) {
      if (healthy) reasons.delete(upstream)
      else reasons.set(upstream, why)
    },
    whyOut: (upstream) => reasons.get(upstream) ?? null,
  }
}
