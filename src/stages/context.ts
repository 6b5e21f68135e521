import { randomUUID } from 'node:crypto'
import type { Middleware } from 'koa'
import { GatewayError } from '../errors/index.ts'

/** Header lines a request may have; Node itself would hide those beyond its own limit. */
const MAX_HEADERS = 200

/**
 * First of all stages: gives the request its id and turns away what is no call of ours to judge: no
 * host, too many headers, and a call this gateway itself sent (RFC 9110 §7.6.3: `via` names every hop).
 */
export function contextStage(viaName: string): Middleware {
  return function context(ctx, next) {
    const given = ctx.get('x-request-id')
    const requestId = /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID()
    ctx.state['requestId'] = requestId
    ctx.set('x-request-id', requestId)
    if (ctx.req.rawHeaders.length > MAX_HEADERS * 2) {
      throw new GatewayError('bad_request', {
        status: 431,
        detail: `more than ${MAX_HEADERS} headers`,
        headers: { connection: 'close' },
      })
    }
    if (ctx.req.headers.host === undefined && ctx.req.httpVersion !== '1.0') {
      throw new GatewayError('bad_request', {
        detail: 'it has no host header (RFC 9112 §3.2)',
        headers: { connection: 'close' },
      })
    }
    if (ctx.get('via').includes(viaName)) {
      throw new GatewayError('upstream_loop', {
        detail: 'an upstream of this gateway is the gateway itself',
      })
    }
    return next()
  }
}
