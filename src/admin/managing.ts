import type { RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import {
  badField,
  hashOf,
  isHash,
  maskOf,
  name,
  readFields,
  type VirtualKey,
} from '../ledger/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { isSameSecret } from '../util/secret.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import type { Handler } from './route.ts'

/** A handler that gets the request's body; it may give what it wrote by that. */
export type Managing = (body: JsonObject, ctx: RouterContext) => Promise<Written> | Written

/** A record, where `extra` has the fields that nothing is known of: they are kept and do nothing. */
type Written = { readonly extra: JsonObject } | void

/**
 * A handler that changes who may call. Only where there is a master key: otherwise everybody may call,
 * and may do this, too. What is kept without being enforced, be it a limit that LiteLLM has or one that
 * was misspelled, is named in `x-sluice-not-enforced`.
 */
export function managing({ settings }: Pick<AdminParts, 'settings'>, handler: Managing): Handler {
  return async (ctx) => {
    needMasterKey(settings)
    const body = await readBody(ctx)
    const written = await handler(body, ctx)
    const kept = Object.keys(written?.extra ?? {})
    const ignored = kept.filter((field) => saysSomething(body[field]))
    if (ignored.length > 0) ctx.set('x-sluice-not-enforced', headerOf(ignored))
  }
}

/** @throws {GatewayError} `no_master_key` */
export function needMasterKey({ masterKey }: AdminParts['settings']): void {
  if (masterKey !== null) return
  throw new GatewayError('no_master_key', { detail: 'set `keys.master_key` first' })
}

/** What opens everything is nobody's virtual key. @throws {GatewayError} `already_there` */
export function refuseMasterKey(text: string, settings: AdminParts['settings']): void {
  const { masterKey, adminToken } = settings
  const taken = [masterKey, adminToken].some((own) => own !== null && isSameSecret(text, own))
  if (taken) throw new GatewayError('already_there', { status: 400, param: 'key' })
}

/** The hash of a key that is named by its text or by its hash. */
export function hashNamed(said: string): string {
  return isHash(said) ? said : hashOf(said)
}

/** A key that was made at run time. @throws {GatewayError} `key_not_found`, `key_is_configured` */
export function changeableKey({ ledger }: Pick<AdminParts, 'ledger'>, said: string): VirtualKey {
  const hash = hashNamed(said)
  const key = ledger.keys.get(hash)
  if (key) return key
  throw ledger.keyOf(hash) ? new GatewayError('key_is_configured') : noSuchKey(said)
}

/** Says which: one in a list of many may be the one that is not there. */
export function noSuchKey(said: string): GatewayError {
  return new GatewayError('key_not_found', { detail: isHash(said) ? said : maskOf(said) })
}

/** A name that must be there. @throws {GatewayError} `bad_body` */
export function neededName(body: JsonObject, field: string): string {
  const read = readFields(body, { [field]: name })[field]
  if (read === undefined) throw badField(field, 'is missing')
  return read
}

/** Names as a header may have them: anybody may have thought of them. */
function headerOf(names: readonly string[]): string {
  const shown = names.slice(0, 50).map((one) => encodeURIComponent(one.toWellFormed()))
  return shown.join(', ')
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === 'default') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
