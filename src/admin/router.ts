import Router from '@koa/router'
import { adminToken } from './admin-token.ts'
import { registerCache } from './cache-routes.ts'
import { registerFlush } from './flush-routes.ts'
import { registerGateway } from './gateway-routes.ts'
import { registerGlobalSpend } from './global-spend-routes.ts'
import { registerHealth } from './health-routes.ts'
import { registerKeys } from './key-routes.ts'
import { registerKeyChanges } from './key-change-routes.ts'
import { registerMetrics } from './metrics-routes.ts'
import { registerModels } from './model-routes.ts'
import type { AdminParts } from './parts.ts'
import { registerReload } from './reload-routes.ts'
import { registerSessions } from './session-routes.ts'
import { registerSpendReport } from './spend-report.ts'
import { registerSpend } from './spend-routes.ts'
import { registerTraces } from './trace-routes.ts'
import { registerTeams } from './team-routes.ts'
import { registerUsers } from './user-routes.ts'
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
  registerCache(router, parts)
  registerModels(router, parts)
  registerWorkers(router, parts)
  registerWeights(router, parts)
  registerKeys(router, parts)
  registerKeyChanges(router, parts)
  registerUsers(router, parts)
  registerTeams(router, parts)
  registerSpend(router, parts)
  registerGlobalSpend(router, parts)
  registerSpendReport(router, parts)
  registerSessions(router, parts)
  registerTraces(router, parts)
  // Of the routes and not of the router, whose own middleware would match every path there is.
  const guard = adminToken(parts)
  for (const { stack } of router.stack) stack.unshift(guard)
  return router
}
