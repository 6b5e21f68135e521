import type { Router } from '@koa/router'
import { METRICS_TYPE } from '../metrics/index.ts'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

/** The numbers, for Prometheus to scrape. */
export function registerMetrics(router: Router, { metrics }: AdminParts): void {
  route(router, '/metrics', {
    async GET(ctx) {
      ctx.body = await metrics.text()
      ctx.type = METRICS_TYPE
    },
  })
}
