import type { RouterMiddleware } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { Settings } from '../stages/index.ts'
import { isSameSecret, keysIn } from '../util/secret.ts'

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
 * Lets requests through that carry the admin token or the master key, as `Authorization: Bearer <token>`
 * or in `x-api-key`; all of them while there is neither. Scrapers know none, either, unless told: the
 * numbers need it only where `metricsAuth` says so.
 *
 * @throws {GatewayError} `unauthorized`, with the challenge of RFC 6750 §3.
 */
export function adminToken(
  settings: () => Pick<Settings, 'adminToken' | 'masterKey' | 'keyHeader' | 'metricsAuth'>,
): RouterMiddleware {
  return function adminToken(ctx, next) {
    const { adminToken: token, masterKey, keyHeader, metricsAuth } = settings()
    const wanted = [token, masterKey].filter((secret) => secret !== null)
    const path = ctx.path.replace(/\/$/, '')
    const isOpen = OPEN_PATHS.has(path) || (path === '/metrics' && !metricsAuth)
    if (wanted.length === 0 || isOpen) return next()
    const isKnown = (given: string): boolean => wanted.some((one) => isSameSecret(given, one))
    if (keysIn(ctx.req.headers, keyHeader).some(isKnown)) return next()
    throw unauthorized('this route needs the admin token, as `Authorization: Bearer <token>`')
  }
}

/** A 401 that says what to do. */
export function unauthorized(detail: string): GatewayError {
  return new GatewayError('unauthorized', { detail, headers: { 'www-authenticate': 'Bearer' } })
}
