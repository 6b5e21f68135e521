import type { Middleware } from 'koa'
import { GatewayError } from '../errors/index.ts'
import { isSameSecret, keysIn } from '../util/secret.ts'
import type { Parts } from './parts.ts'

/**
 * Lets calls through that carry the master key, wherever clients put their key; all of them while none
 * is configured.
 *
 * @throws {GatewayError} `unauthorized`
 */
export function keyStage({ settings }: Pick<Parts, 'settings'>): Middleware {
  return function key(ctx, next) {
    const { masterKey, keyHeader } = settings
    const keys = keysIn(ctx.req.headers, keyHeader)
    // Nobody else knows that it is one: upstreams and plugins would be shown it.
    if (keyHeader !== null) delete ctx.req.headers[keyHeader.toLowerCase()]
    if (masterKey === null) return next()
    if (keys.some((given) => isSameSecret(given, masterKey))) return next()
    const detail =
      keys.length === 0
        ? 'send the key as `Authorization: Bearer <key>`'
        : 'the key that was sent is not the one of this gateway'
    // Its body is not read: the connection cannot be used on.
    const headers = { 'www-authenticate': 'Bearer', connection: 'close' }
    throw new GatewayError('unauthorized', { detail, headers })
  }
}
