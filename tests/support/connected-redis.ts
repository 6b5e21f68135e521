import { connectRedis, type RedisOptions } from '../../src/shared/redis/connection.ts'
import type { Redis } from '../../src/shared/redis/redis.ts'
import { createHeardLog, type HeardLog } from './heard-log.ts'

/** A connection to this Redis, with what it logs; closed when the scope ends. */
export async function connected(
  scope: { after(undo: () => unknown): void },
  url: string,
  options: Partial<RedisOptions> = {},
): Promise<Redis & { readonly heard: HeardLog }> {
  const heard = createHeardLog()
  const where = { url, host: '127.0.0.1', port: 6379, db: 0, tls: false }
  // Long enough for a machine that is busy with other tests.
  const rest = { namespace: 'test', timeoutMs: 5_000, log: heard.log }
  const redis = await connectRedis({ ...where, ...rest, ...options })
  scope.after(() => redis.close())
  return Object.assign(redis, { heard })
}
