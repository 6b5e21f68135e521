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
  /** What fails. A Redis that is full gives answers and takes none: that it gave one ends nothing. */
  let failing: 'GET' | 'SET' | null = null

  function did(what: 'GET' | 'SET'): void {
    if (failing !== what) return
    log.info({ redis: redis.address }, 'answers are cached again')
    failing = null
  }

  function didNot(what: 'GET' | 'SET', thrown: unknown): void {
    if (failing !== null) return
    failing = what
    const { message } = asGatewayError(thrown)
    log.warn({ redis: redis.address, why: message }, 'no answers are cached: Redis fails')
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
        did('GET')
        return Buffer.isBuffer(value) ? decodeEntry(value) : null
      } catch (thrown) {
        didNot('GET', thrown)
        return null
      }
    },
    async set(key, reply, ttlMs) {
      try {
        await set(key, encodeEntry(reply), ttlMs)
        did('SET')
      } catch (thrown) {
        didNot('SET', thrown)
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
    async serverInfo() {
      return infoIn(String(await redis.command('INFO')))
    },
  }
}

/** The answer of SCAN: where it goes on, and names. */
function pageOf(found: unknown): readonly [cursor: string, names: readonly string[]] {
  const [cursor, names] = Array.isArray(found) ? (found as readonly unknown[]) : []
  if (typeof cursor === 'string' && Array.isArray(names)) return [cursor, names.map(String)]
  throw new GatewayError('shared_state_unavailable', { detail: 'SCAN gave no list' })
}

/** Lines such as `redis_version:7.4.0`, with headings between them. */
function infoIn(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1)]
    }),
  )
}
