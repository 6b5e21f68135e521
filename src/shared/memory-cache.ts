import { LRUCache } from 'lru-cache'
import type { CachedReply, ReplyCache } from './reply-cache.ts'

/** What an entry takes beyond its body: its key, its fields and its place in the list. */
const ENTRY_BYTES = 512

/** Keeps answers in this process: those used longest ago make room, and a restart forgets them all. */
export function createMemoryCache(
  maxBytes: number,
  clock: { now(): number } = performance,
): ReplyCache {
  const replies = new LRUCache<string, CachedReply>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ body }) => body.length + ENTRY_BYTES,
    perf: clock,
    // Beyond 0 the clock is asked once for several entries, by a timer.
    ttlResolution: 0,
  })
  return {
    kind: 'memory',
    get: async (key) => replies.get(key) ?? null,
    async set(key, reply, ttlMs) {
      // The bytes may be a small piece of a large read, which they would keep alive.
      const body = new Uint8Array(reply.body)
      replies.set(key, { ...reply, body }, ttlMs === null ? {} : { ttl: ttlMs })
    },
    delete: async (keys) => keys.filter((key) => replies.delete(key)).length,
    flush: async () => replies.clear(),
    ping: async () => ({ healthy: true, error: null }),
    serverInfo: async () => null,
  }
}
