export type * from './counters.ts'
export type * from './redis/redis.ts'
export { createMemoryCache } from './memory-cache.ts'
export { createRedisCache } from './redis/redis-cache.ts'
export type * from './reply-cache.ts'
export { createMemoryCounters } from './memory-counters.ts'
export { connectRedis } from './redis/connection.ts'
export { shareCooldowns } from './shared-cooldowns.ts'
export { createSharedCounters } from './shared-counters.ts'
export { shareUsage } from './shared-usage.ts'
export {
  openStateFile,
  type StateFile,
  type StoredWorker,
  type WeightVersion,
} from './state-file.ts'
