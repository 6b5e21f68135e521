import type { Middleware } from 'koa'
import { asGatewayError, errorBody, type ErrorShape, type GatewayError } from '../errors/index.ts'
import type { Logger } from '../util/log.ts'

/** The only place that turns an error into an HTTP answer. */
export function errorBoundary(log: Logger, shape: ErrorShape): Middleware {
  return async function errors(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const error = asGatewayError(thrown)
      report(log, error, ctx.state['requestId'])
      ctx.status = error.status
      ctx.set(error.headers)
      ctx.body = errorBody(error, shape)
    }
  }
}

/** Callers' mistakes are their own; what we or an upstream did wrong is logged with its cause. */
function report(log: Logger, error: GatewayError, requestId: unknown): void {
  if (error.status < 500)
    return log.debug({ request_id: requestId, code: error.code }, error.message)
  const level = error.code === 'internal' ? 'error' : 'warn'
  log[level](
    { request_id: requestId, code: error.code, owner: error.owner, err: error.cause },
    error.message,
  )
}
