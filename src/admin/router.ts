import Router from '@koa/router'
import { registerGateway } from './gateway-routes.ts'
import type { AdminParts } from './parts.ts'
import { registerSessions } from './session-routes.ts'
import { registerTraces } from './trace-routes.ts'

/**
 * The HTTP API for sessions, traces and the gateway itself. Errors are thrown as GatewayError, wrong
 * methods included, for the app to render. Paths of calls are none of its routes and pass through.
 */
export function createAdminRouter(parts: AdminParts): Router {
  const router = new Router({ sensitive: true })
  registerGateway(router, parts)
  registerSessions(router, parts)
  registerTraces(router, parts)
  return router
}
