import { asGatewayError, GatewayError } from '../../errors/index.ts'
import type { Logger } from '../../util/log.ts'
import { decodeEntry, encodeEntry } from '../cache-entry.ts'
import type { ReplyCache } from '../reply-cache.ts'
import type { Redis } from './redis.ts'

/** How many names are looked at in one step of a flush. */
const STEP = '500'

/**
 * Keeps answers in Redis, where every gateway finds those of the others. What cannot be reached has
 * nothing; one line in the log says so for each outage, and one that it is over.
 */
export function createRedisCache(redis: Redis, log: Pick<Logger, 'warn' | 'info'>): ReplyCache {
  const prefix = redis.key('cache:')
  const pattern = `${prefix.replace(/[\\*?[\]^]/g, '\\$&')}*`
  let isOut = false

  function reached(): void {
    if (isOut) log.info({ redis: redis.address }, 'answers are cached again')
    isOut = false
  }

  function missed(thrown: unknown): void {
    if (isOut) return
    isOut = true
    const { message } = asGatewayError(thrown)
    log.warn({ redis: redis.address, why: message }, 'no answers are cached: Redis is out of reach')
  }

  async function set(key: string, value: Buffer, ttlMs: number | null): Promise<void> {
    const expiry = ttlMs === null ? [] : ['PX', String(Math.max(1, Math.round(ttlMs)))]
    await redis.command('SET', prefix + key, value, ...expiry)
  }

  return {
    kind: 'redis',
    async get(key) {
      try {
        const value = await redis.commandBytes('GET', prefix + key)
        reached()
        return Buffer.isBuffer(value) ? decodeEntry(value) : null
      } catch (thrown) {
        missed(thrown)
        return null
      }
    },
    async set(key, reply, ttlMs) {
      try {
        await set(key, encodeEntry(reply), ttlMs)
        reached()
      } catch (thrown) {
        missed(thrown)
      }
    },
    async delete(keys) {
      if (keys.length === 0) return 0
      return Number(await redis.command('UNLINK', ...keys.map((key) => prefix + key)))
    },
    async flush() {
      let cursor = '0'
      do {
        const found = await redis.command('SCAN', cursor, 'MATCH', pattern, 'COUNT', STEP)
        const [next, names] = pageOf(found)
        if (names.length > 0) await redis.command('UNLINK', ...names)
        cursor = next
      } while (cursor !== '0')
    },
    async ping() {
      try {
        await redis.command('PING')
        await set('ping', Buffer.alloc(0), 1_000)
        return { healthy: true, error: null }
      } catch (thrown) {
        return { healthy: false, error: asGatewayError(thrown).message }
      }
    },
  }
}

/** The answer of SCAN: where it goes on, and names. */
function pageOf(found: unknown): readonly [cursor: string, names: readonly string[]] {
  const [cursor, names] = Array.isArray(found) ? (found as readonly unknown[]) : []
  if (typeof cursor === 'string' && Array.isArray(names)) return [cursor, names.map(String)]
  throw new GatewayError('shared_state_unavailable', { detail: 'SCAN gave no list' })
}
