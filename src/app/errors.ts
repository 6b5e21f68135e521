import type { Context, Middleware } from 'koa'
import { asGatewayError, errorBody, type ErrorShape, type GatewayError } from '../errors/index.ts'
import type { CallState } from '../stages/index.ts'
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
      if (shape === 'litellm') tellCallId(ctx)
      ctx.body = errorBody(error, shape)
    }
  }
}

/** By which callers of LiteLLM's proxy ask about a call, also about one that never became one. */
function tellCallId(ctx: Context): void {
  if (ctx.res.hasHeader('x-litellm-call-id')) return
  const { exchange, requestId } = ctx.state as Partial<CallState>
  ctx.set(
    'x-litellm-call-id',
    ctx.get('x-litellm-call-id') || (exchange?.call.id ?? requestId ?? ''),
  )
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
