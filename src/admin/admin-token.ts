import { hash, timingSafeEqual } from 'node:crypto'
import type { RouterContext, RouterMiddleware } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { Settings } from '../stages/index.ts'

/**
 * What needs no token: probes know none, and the flush is what people try by hand when traces seem to
 * be missing; it shows and changes nothing. Everything else does, also routes that come later.
 */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/health',
  '/health/liveliness',
  '/health/liveness',
  '/health/readiness',
  '/health/workers',
  '/admin/tracer/flush',
])

/**
 * Lets requests through that carry the admin token, as `Authorization: Bearer <token>` or in
 * `x-api-key`; all of them while there is none. Scrapers know none, either, unless told: the numbers
 * need it only where `metricsAuth` says so.
 *
 * @throws {GatewayError} `unauthorized`, with the challenge of RFC 6750 §3.
 */
export function adminToken(
  settings: () => Pick<Settings, 'adminToken' | 'metricsAuth'>,
): RouterMiddleware {
  return function adminToken(ctx, next) {
    const { adminToken: wanted, metricsAuth } = settings()
    const path = ctx.path.replace(/\/$/, '')
    const isOpen = OPEN_PATHS.has(path) || (path === '/metrics' && !metricsAuth)
    if (wanted === null || isOpen) return next()
    if (tokensIn(ctx).some((given) => isSame(given, wanted))) return next()
    throw unauthorized('this route needs the admin token, as `Authorization: Bearer <token>`')
  }
}

/** A 401 that says what to do. */
export function unauthorized(detail: string): GatewayError {
  return new GatewayError('unauthorized', { detail, headers: { 'www-authenticate': 'Bearer' } })
}

function tokensIn(ctx: RouterContext): readonly string[] {
  const bearer = /^bearer +(\S.*)$/i.exec(ctx.get('authorization'))?.[1]
  return [bearer ?? '', ctx.get('x-api-key')]
}

/** Takes as long for a near miss as for a far one, whatever the lengths. */
function isSame(given: string, wanted: string): boolean {
  // Header values are bytes, each of which Node shows as one character.
  const bytes = Buffer.from(given, 'latin1')
  return timingSafeEqual(hash('sha256', bytes, 'buffer'), hash('sha256', wanted, 'buffer'))
}
