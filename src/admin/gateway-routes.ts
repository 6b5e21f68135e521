import type { Router, RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import { numberParam } from './query.ts'
import { route } from './route.ts'

const DEFAULT_FLUSH_SECONDS = 30
const MAX_FLUSH_SECONDS = 600

/** The gateway itself: health, flush, plugins, store. */
export function registerGateway(router: Router, parts: AdminParts): void {
  route(router, '/health', {
    GET(ctx) {
      const upstreams = parts.upstreams.list()
      ctx.body = {
        status: 'ok',
        version: parts.version,
        uptime_seconds: Math.floor((Date.now() - parts.startedAt) / 1000),
        store: parts.store.name,
        upstreams: {
          total: upstreams.length,
          healthy: upstreams.filter(({ healthy }) => healthy).length,
        },
      }
    },
  })

  const flush = async (ctx: RouterContext, timeout: unknown): Promise<void> => {
    const seconds = flushSeconds(timeout)
    if (!(await parts.flush(seconds * 1000))) {
      throw new GatewayError('flush_timeout', { detail: `${seconds} seconds were not enough` })
    }
    ctx.body = { status: 'flushed' }
  }
  const flushAsBodySays = async (ctx: RouterContext): Promise<void> =>
    flush(ctx, (await readBody(ctx))['timeout'])

  route(router, '/admin/flush', { POST: flushAsBodySays })
  route(router, '/admin/flush-tracer', { POST: flushAsBodySays })
  route(router, '/admin/tracer/flush', {
    GET: (ctx) => flush(ctx, numberParam(ctx, 'timeout')),
    POST: flushAsBodySays,
  })

  route(router, '/admin/plugins', {
    GET(ctx) {
      ctx.body = parts.hooks.describe()
    },
  })

  route(router, '/admin/store', {
    async GET(ctx) {
      const { name, durability } = parts.store
      ctx.body = { name, durability, ...(await parts.store.stats()) }
    },
  })
}

function flushSeconds(timeout: unknown): number {
  if (timeout === undefined || timeout === null) return DEFAULT_FLUSH_SECONDS
  if (typeof timeout === 'number' && timeout > 0 && timeout <= MAX_FLUSH_SECONDS) return timeout
  throw new GatewayError('bad_query', {
    detail: `timeout is not a number of seconds up to ${MAX_FLUSH_SECONDS}`,
    param: 'timeout',
  })
}
