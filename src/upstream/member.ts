import type { Headers } from '../plugin/index.ts'
import { createCooldown, type Cooldown } from './cooldown.ts'
import { createHealth, type Health } from './health.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { isOpenAi } from './identify.ts'
import { createLatencies, type Latencies } from './latencies.ts'
import { createMinuteWindow, type MinuteWindow } from './minute-window.ts'
import { keepProbing, type ProbeOptions } from './probe.ts'
import { identityOf } from './elsewhere.ts'
import { hashText } from './rendezvous.ts'
import type { RoutingOptions } from './routing-options.ts'
import type { Candidate } from './strategies/index.ts'
import { PLAIN_TERMS, type Terms } from './terms.ts'

/** An upstream that is to join the set. */
export interface Joining {
  readonly upstream: HttpUpstream
  /** Sent when it is probed or asked what it is. */
  readonly headers: Headers
  /** True when the server is to be asked what it is. */
  readonly isUnknown: boolean
  /** What is agreed for it; nothing if absent. */
  readonly terms?: Terms
}

/** When a member is left out, and how that is found. */
export interface HealthOptions extends ProbeOptions {
  readonly unhealthyAfter: number
  readonly healthyAfter: number
}

/** An upstream of the set with what balancing and health know of it. */
export interface Member extends Candidate {
  readonly upstream: HttpUpstream
  /** The same at every gateway that sends the same to the same place in the same name. */
  readonly identity: string
  readonly health: Health
  readonly cooldown: Cooldown
  readonly window: MinuteWindow
  readonly latencies: Latencies
  /** Calls that were given to it and have not ended. */
  seats: number
}

/** Below this, one that is not probed is not tried again, in milliseconds. */
const LEAST_TRIAL_MS = 10_000

/**
 * Makes a member, and probes it until the signal aborts. OpenAI is never probed, because a request
 * there may cost, nor is what lives and dies with the gateway: a simulator, a function of this process.
 */
export function createMember(
  { upstream, headers, terms = PLAIN_TERMS }: Joining,
  options: HealthOptions,
  routing: RoutingOptions,
  onHealth: (upstream: HttpUpstream, healthy: boolean, why: string) => void,
  signal: AbortSignal,
): Member {
  const { id, url, simulated } = upstream
  const isFree = /^https?:/.test(url) && !simulated && !isOpenAi(url)
  const isProbed = (): boolean => options.intervalMs > 0 && isFree && upstream.kind !== 'openai'
  const trialMs = Math.max(options.intervalMs, LEAST_TRIAL_MS)
  const health = createHealth({ ...options, trialMs }, isProbed, (healthy, why) => {
    upstream.mark(healthy)
    onHealth(upstream, healthy, why)
  })
  if (isFree)
    keepProbing(
      { url, headers, isProbed, report: (why: string | null) => health.probed(why) },
      options,
      signal,
    )
  const { models } = upstream
  // Behind a lone `*` may be anything: that one model failed there says nothing about the others.
  const isCatchAll = models?.length === 1 && models[0] === '*'
  return {
    id,
    hash: hashText(url + upstream.apiPath),
    upstream,
    identity: identityOf(url, upstream.apiPath, terms.sendModel, headers),
    terms,
    health,
    cooldown: createCooldown({ ...routing, ownMs: isCatchAll ? 0 : terms.cooldownMs }),
    window: createMinuteWindow(),
    latencies: createLatencies(routing.latency),
    credit: 0,
    seats: 0,
    get weight() {
      return upstream.weight
    },
    get inFlight() {
      // A call is under way from the moment it was given away; what plugins send has no seat.
      return Math.max(this.seats, upstream.inFlight)
    },
  }
}
