import type { Router } from '@koa/router'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

/** The gateway itself: health, plugins, store. */
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
