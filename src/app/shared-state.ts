import { randomUUID } from 'node:crypto'
import type { Config } from '../config/index.ts'
import { GatewayError } from '../errors/index.ts'
import {
  connectRedis,
  createMemoryCounters,
  createSharedCounters,
  shareCooldowns,
  shareUsage,
  type Counters,
  type Redis,
} from '../shared/index.ts'
import type { UpstreamSet } from '../upstream/index.ts'
import type { Logger } from '../util/log.ts'

/** What this gateway shares with others, or has for itself where there is no Redis. */
export interface SharedState {
  /** Null where nothing is shared. */
  readonly redis: Redis | null
  readonly counters: Counters
  /** Tells others of these upstreams, and learns of theirs. */
  share(upstreams: Pick<UpstreamSet, 'elsewhere'>): Promise<void>
  close(): Promise<void>
}

/**
 * Connects to the Redis of the configuration, if there is one; one that does not answer is waited for in
 * the background.
 *
 * @param gatewayId by which the other gateways know this one, also after a restart
 * @throws {GatewayError} `config_invalid`, `state_unwritable`
 */
export async function openSharedState(
  config: Config,
  log: Logger,
  gatewayId: () => Promise<string>,
): Promise<SharedState> {
  const own = createMemoryCounters()
  if (!config.redis) {
    return { redis: null, counters: own, share: async () => {}, close: async () => {} }
  }
  const { timeout_ms: timeoutMs, when_gone: whenGone, ...where } = config.redis
  const id = await gatewayId().catch((cause: unknown) => {
    throw new GatewayError('state_unwritable', { detail: 'gateway_id', cause })
  })
  const redis = await connectRedis({ ...where, timeoutMs, log })
  let stopUsage = (): void => {}
  return {
    redis,
    counters: createSharedCounters({ redis, gatewayId: id, own, whenGone, log }),
    async share({ elsewhere }) {
      const instance = randomUUID()
      const among = { redis, instance, log }
      const cooldowns = await shareCooldowns({
        ...among,
        identities: () => elsewhere.identities(),
        cool: (identity, ms) => elsewhere.cool(identity, ms),
      })
      elsewhere.onCooldown((identity, ms) => cooldowns.began(identity, ms))
      stopUsage = await shareUsage({
        ...among,
        used: () => elsewhere.used(),
        usedElsewhere: (use) => elsewhere.usedElsewhere(use),
      })
    },
    close() {
      stopUsage()
      return redis.close()
    },
  }
}
