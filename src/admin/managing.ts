import type { RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import { badField, hashOf, isHash, name, readFields, type VirtualKey } from '../ledger/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import type { Handler } from './route.ts'

/** Fields by which LiteLLM limits keys in ways this gateway does not: they are kept and do nothing. */
const NOT_ENFORCED = [
  'allowed_cache_controls',
  'allowed_passthrough_routes',
  'allowed_routes',
  'budget_id',
  'budget_limits',
  'enforced_params',
  'guardrails',
  'key_type',
  'model_max_budget',
  'model_rpm_limit',
  'model_tpm_limit',
  'object_permission',
  'organization_id',
  'permissions',
  'soft_budget',
  'team_member_budget',
] as const

/** A handler that gets the request's body. */
export type Managing = (body: JsonObject, ctx: RouterContext) => Promise<void> | void

/**
 * A handler that changes who may call. Only where there is a master key: otherwise everybody may call,
 * and may do this, too. What is kept without being enforced is named in `x-sluice-not-enforced`.
 */
export function managing({ settings }: Pick<AdminParts, 'settings'>, handler: Managing): Handler {
  return async (ctx) => {
    needMasterKey(settings)
    const body = await readBody(ctx)
    await handler(body, ctx)
    const ignored = NOT_ENFORCED.filter((field) => saysSomething(body[field]))
    if (ignored.length > 0) ctx.set('x-sluice-not-enforced', ignored.join(', '))
  }
}

/** @throws {GatewayError} `no_master_key` */
export function needMasterKey({ masterKey }: AdminParts['settings']): void {
  if (masterKey !== null) return
  throw new GatewayError('no_master_key', { detail: 'set `keys.master_key` first' })
}

/** The hash of a key that is named by its text or by its hash. */
export function hashNamed(said: string): string {
  return isHash(said) ? said : hashOf(said)
}

/** A key that was made at run time. @throws {GatewayError} `key_not_found`, `key_is_configured` */
export function changeableKey({ ledger }: Pick<AdminParts, 'ledger'>, said: string): VirtualKey {
  const key = ledger.keyOf(hashNamed(said))
  if (!key) throw new GatewayError('key_not_found')
  if (key.origin === 'configuration') throw new GatewayError('key_is_configured')
  return key
}

/** A name that must be there. @throws {GatewayError} `bad_body` */
export function neededName(body: JsonObject, field: string): string {
  const read = readFields(body, { [field]: name })[field]
  if (read === undefined) throw badField(field, 'is missing')
  return read
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === 'default') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
