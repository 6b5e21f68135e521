import type { RouterMiddleware } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import { isSameSecret, keysIn } from '../util/secret.ts'
import type { AdminParts } from './parts.ts'

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

/** Where a virtual key is told about itself. */
const OF_OWN_KEY = '/key/info'

/**
 * Lets requests through that carry the admin token or the master key, as `Authorization: Bearer <token>`
 * or in `x-api-key`; all of them while there is neither. Scrapers know none, either, unless told: the
 * numbers need it only where `metricsAuth` says so. A virtual key gets to nothing but what is said of it.
 *
 * @throws {GatewayError} `unauthorized`, with the challenge of RFC 6750 §3; `admin_only`, `key_blocked`
 * and `key_expired` for a virtual key
 */
export function adminToken(parts: Pick<AdminParts, 'settings' | 'ledger'>): RouterMiddleware {
  return function adminToken(ctx, next) {
    const { adminToken: token, masterKey, keyHeader, metricsAuth } = parts.settings
    const wanted = [masterKey, token].filter((secret) => secret !== null)
    const path = ctx.path.replace(/\/$/, '')
    const isOpen = OPEN_PATHS.has(path) || (path === '/metrics' && !metricsAuth)
    if (wanted.length === 0 || isOpen) return next()
    const isKnown = (given: string): boolean => wanted.some((one) => isSameSecret(given, one))
    const keys = keysIn(ctx.req.headers, keyHeader)
    if (keys.some(isKnown)) return next()
    const identity = parts.ledger.identify(keys)
    if (!identity) {
      const names = { 'the master key': masterKey, 'the admin token': token }
      const known = Object.entries(names).flatMap(([name, secret]) => (secret === null ? [] : name))
      throw unauthorized(
        `this route needs ${known.join(' or ')}, as \`Authorization: Bearer <key>\``,
      )
    }
    if (path !== OF_OWN_KEY) {
      throw new GatewayError('admin_only', { detail: `a virtual key may see ${OF_OWN_KEY}` })
    }
    ctx.state['identity'] = identity
    return next()
  }
}

/** A 401 that says what to do. */
export function unauthorized(detail: string): GatewayError {
  return new GatewayError('unauthorized', { detail, headers: { 'www-authenticate': 'Bearer' } })
}
