import type { Config } from '../config/index.ts'
import { GatewayError } from '../errors/index.ts'
import {
  createMemoryCache,
  createRedisCache,
  type Redis,
  type ReplyCache,
} from '../shared/index.ts'
import type { CacheParts } from '../stages/index.ts'
import type { Logger } from '../util/log.ts'

/** One answer may take this part of all the room there is. */
const LARGEST_PART = 8
/** The connection carries one thing after the other, and limits are asked for over it, too. */
const LARGEST_IN_REDIS_BYTES = 4_194_304

/**
 * The cache of a configuration; null where it has none.
 *
 * @throws {GatewayError} `config_invalid` when it is to be in Redis and there is none
 */
export function cacheOf(config: Config, redis: Redis | null, log: Logger): CacheParts | null {
  const { kind, ttl_ms: ttlMs, namespace, mode, dialects, max_bytes: maxBytes } = config.cache
  if (kind === 'off') return null
  const largest = Math.floor(maxBytes / LARGEST_PART)
  return {
    replies: kind === 'memory' ? createMemoryCache(maxBytes) : inRedis(redis, log),
    ttlMs: ttlMs ?? null,
    namespace: namespace ?? null,
    mode,
    dialects,
    maxReplyBytes: kind === 'memory' ? largest : Math.min(largest, LARGEST_IN_REDIS_BYTES),
  }
}

function inRedis(redis: Redis | null, log: Logger): ReplyCache {
  if (redis) return createRedisCache(redis, log)
  throw new GatewayError('config_invalid', {
    detail: 'cache.kind is redis, and no `redis` says where it is',
  })
}
