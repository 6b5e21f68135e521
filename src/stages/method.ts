import type { Middleware } from 'koa'
import { GatewayError } from '../errors/index.ts'
import { dialectOf } from '../wire/dialect.ts'
import type { CallState } from './call-state.ts'

/** What is passed on to an upstream; OPTIONS and TRACE speak of the way there, not of a call. */
const PASSED_ON = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
/** What a path of a known dialect takes: calls are posted, and kept ones can be listed. */
const OF_A_DIALECT = ['GET', 'HEAD', 'POST'] as const

/** Turns away methods that no upstream should see. @throws {GatewayError} `method_not_allowed` */
export function methodStage(): Middleware<CallState> {
  return function method(ctx, next) {
    const known = dialectOf(ctx.state.route.pathname) !== 'other'
    const allowed: readonly string[] = known ? OF_A_DIALECT : PASSED_ON
    if (allowed.includes(ctx.method)) return next()
    const allow = allowed.join(', ')
    const detail = `${ctx.method}, where ${allow} would do`
    throw new GatewayError('method_not_allowed', { detail, headers: { allow } })
  }
}
