import { GatewayError } from '../errors/index.ts'
import type { Logger } from '../util/log.ts'
import type { Claim, Counters } from './counters.ts'
import { createRedisCounters, type RedisCountersOptions } from './redis/redis-counters.ts'

export interface SharedCountersOptions extends RedisCountersOptions {
  /** Those that count while Redis cannot be asked. */
  readonly own: Counters
  /** While Redis cannot be asked: let each gateway count for itself, or let nobody in. */
  readonly whenGone: 'open' | 'closed'
  readonly log: Logger
}

/** Counters in Redis, with what becomes of calls while it cannot be asked. */
export function createSharedCounters(options: SharedCountersOptions): Counters {
  const { own, whenGone, log } = options
  const shared = createRedisCounters(options)

  async function claimed(asked: Promise<Claim>): Promise<Claim> {
    const claim = await asked
    if (!claim.admitted) return claim
    return {
      ...claim,
      async settle(settled) {
        // What is lost so is set right by the end of the window, or told when Redis answers again.
        await claim.settle(settled).catch((error: unknown) => {
          log.debug({ err: error }, 'what a call used was not told to Redis')
        })
      },
    }
  }

  return {
    async claim(limits, lifeMs) {
      try {
        return await claimed(shared.claim(limits, lifeMs))
      } catch (thrown) {
        const isGone = thrown instanceof GatewayError && thrown.code === 'shared_state_unavailable'
        if (!isGone || whenGone === 'closed') throw thrown
        return own.claim(limits, lifeMs)
      }
    },
  }
}
