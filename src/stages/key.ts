import type { Middleware } from 'koa'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import { hashOfSent, maskOf, type Identity } from '../ledger/index.ts'
import { isSameSecret, keysIn } from '../util/secret.ts'
import type { CallState } from './call-state.ts'
import type { Parts } from './parts.ts'

type KeyParts = Pick<Parts, 'settings' | 'ledger'>

/**
 * Finds out who calls, wherever clients put their key: the master key, else the first key that is known.
 * While there is no master key everybody may call, and those with a known key are limited as it is.
 *
 * @throws {GatewayError} `unauthorized`, `key_blocked`, `key_expired`; `bad_request` for a key in the URL
 */
export function keyStage(parts: KeyParts): Middleware<CallState> {
  return function key(ctx, next) {
    const { keyHeader } = parts.settings
    const keys = keysIn(ctx.req.headers, keyHeader)
    // Nobody else knows that it is one: upstreams and plugins would be shown it.
    if (keyHeader !== null) delete ctx.req.headers[keyHeader.toLowerCase()]
    try {
      ctx.state.identity = identityOf(keys, parts)
    } catch (thrown) {
      throw unread(asGatewayError(thrown))
    }
    ctx.state.ownKeys = keys.filter((sent) => parts.ledger.knows(sent))
    refuseKeysInUrl(ctx.querystring, parts)
    return next()
  }
}

function identityOf(
  keys: readonly string[],
  { settings: { masterKey }, ledger }: KeyParts,
): Identity {
  if (masterKey !== null && keys.some((sent) => isSameSecret(sent, masterKey))) {
    return { role: 'master' }
  }
  const identity = ledger.identify(keys)
  if (identity) return identity
  if (masterKey === null) return { role: 'anyone' }
  throw new GatewayError('unauthorized', { detail: whyNot(keys) })
}

/** Whoever is shown the URL could use them: the upstream, and logs on the way. */
function refuseKeysInUrl(query: string, { settings: { masterKey }, ledger }: KeyParts): void {
  if (query === '') return
  for (const [name, value] of new URLSearchParams(query)) {
    const isMaster = masterKey !== null && isSameSecret(value, masterKey)
    if (!isMaster && !ledger.knows(value)) continue
    throw new GatewayError('bad_request', {
      param: name,
      detail: `a key of this gateway stands in the URL, as \`${name}\`; send it as a header, and replace it`,
    })
  }
}

function whyNot([first]: readonly string[]): string {
  if (first === undefined) return 'send the key as `Authorization: Bearer <key>`'
  return (
    'the key that was sent is not known here. ' +
    `Received API Key = ${maskOf(first)}, Key Hash (Token) =${hashOfSent(first)}`
  )
}

/** The error for a call whose body is not read: its connection cannot be used on. */
function unread(error: GatewayError): GatewayError {
  const headers = { ...error.headers, 'www-authenticate': 'Bearer', connection: 'close' }
  return new GatewayError(error.code, { text: error.message, cause: error.cause, headers })
}
