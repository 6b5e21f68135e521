import type { Middleware } from 'koa'
import type { CallState } from './call-state.ts'
import { routeOf } from './route-of.ts'

/**
 * Puts the call's route on `ctx.state.route`. The URL is read as it came in, so that nothing before
 * this stage can change whose call it is.
 */
export function slugStage(): Middleware<CallState> {
  return (ctx, next) => {
    ctx.state.route = routeOf({ url: ctx.req.url ?? '/', headers: ctx.req.headers })
    return next()
  }
}
