import type { Router } from '@koa/router'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

/** The gateway itself: plugins, store. */
export function registerGateway(router: Router, parts: AdminParts): void {
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
