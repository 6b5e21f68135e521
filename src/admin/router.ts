import Router from '@koa/router'
import { adminToken } from './admin-token.ts'
import { registerFlush } from './flush-routes.ts'
import { registerGateway } from './gateway-routes.ts'
import { registerHealth } from './health-routes.ts'
import { registerMetrics } from './metrics-routes.ts'
import type { AdminParts } from './parts.ts'
import { registerReload } from './reload-routes.ts'
import { registerSessions } from './session-routes.ts'
import { registerTraces } from './trace-routes.ts'
import { registerWeights } from './weight-routes.ts'
import { registerWorkers } from './worker-routes.ts'

/**
 * The HTTP API for sessions, traces, workers, weights and the gateway itself. Errors are thrown as
 * GatewayError, wrong methods included, for the app to render. Paths of calls are none of its routes
 * and pass through.
 */
export function createAdminRouter(parts: AdminParts): Router {
  const router = new Router({ sensitive: true })
  registerHealth(router, parts)
  registerMetrics(router, parts)
  registerGateway(router, parts)
  registerFlush(router, parts)
  registerReload(router, parts)
  registerWorkers(router, parts)
  registerWeights(router, parts)
  registerSessions(router, parts)
  registerTraces(router, parts)
  // Of the routes and not of the router, whose own middleware would match every path there is.
  const guard = adminToken(() => parts.settings)
  for (const { stack } of router.stack) stack.unshift(guard)
  return router
}
