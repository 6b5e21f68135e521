import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { CacheParts } from '../stages/index.ts'
import { readBody, textsField } from './body.ts'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

/** How the cache is, and how to forget what is in it, in LiteLLM's words. */
export function registerCache(router: Router, parts: Pick<AdminParts, 'cache'>): void {
  route(router, '/cache/ping', {
    async GET(ctx) {
      const cache = cacheOf(parts)
      const { kind } = cache.replies
      const { healthy, error } = await cache.replies.ping()
      const type = kind === 'memory' ? 'local' : kind
      if (!healthy) ctx.status = 503
      ctx.body = {
        status: healthy ? 'healthy' : 'unhealthy',
        cache_type: type,
        ping_response: healthy,
        set_cache_response: healthy ? 'success' : null,
        litellm_cache_params: paramsOf(cache, type),
        ...(healthy ? {} : { error }),
      }
    },
  })

  route(router, '/cache/redis/info', {
    async GET(ctx) {
      const info = await cacheOf(parts).replies.serverInfo()
      if (!info) throw new GatewayError('cache_off', { detail: 'in Redis; this one is in memory' })
      ctx.body = { num_clients: Number(info['connected_clients']), info }
    },
  })

  route(router, '/cache/delete', {
    async POST(ctx) {
      const keys = textsField(await readBody(ctx), 'keys')
      const deleted = await cacheOf(parts).replies.delete(keys)
      ctx.body = { status: 'success', deleted }
    },
  })

  route(router, '/cache/flushall', {
    async POST(ctx) {
      await cacheOf(parts).replies.flush()
      ctx.body = { status: 'success' }
    },
  })
}

function paramsOf({ namespace, ttlMs, mode, dialects }: CacheParts, type: string): object {
  return {
    type,
    namespace,
    ttl: ttlMs === null ? null : ttlMs / 1_000,
    mode: mode === 'all' ? 'default_on' : 'default_off',
    supported_call_types: dialects.flatMap((dialect) => CALL_TYPES[dialect] ?? []),
  }
}

/** LiteLLM's words for the kinds of calls. */
const CALL_TYPES: Readonly<Record<string, readonly string[]>> = {
  chat: ['completion', 'acompletion'],
  completions: ['text_completion', 'atext_completion'],
  responses: ['responses', 'aresponses'],
  messages: ['anthropic_messages'],
  embeddings: ['embedding', 'aembedding'],
}

function cacheOf({ cache }: Pick<AdminParts, 'cache'>): CacheParts {
  if (cache) return cache
  throw new GatewayError('cache_off', { detail: 'set cache.kind in the configuration' })
}
