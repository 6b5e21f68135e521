import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../plugin/index.ts'
import { begunPeriod } from './budget-period.ts'
import { name, orNull, otherFields, readFields } from './fields.ts'
import { blankAllowance, changedPeriod, refuseSpend } from './new-key.ts'
import type { User } from './records.ts'
import { USER_FIELDS } from './stored.ts'

/** Fields that are read by name, are for the user's first key, or are the gateway's to write. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(USER_FIELDS),
  'user_id',
  'auto_create_key',
  'spend',
  'keys',
  'extra',
  'key',
  'key_alias',
  'duration',
  'aliases',
  'token',
  'expires',
  'budget_started_at',
  'budget_reset_at',
  'created_at',
  'updated_at',
])

/** A user as LiteLLM's `/user/new` is asked for one. @throws {GatewayError} `bad_body` */
export function newUser(body: JsonObject, now: number): User {
  refuseSpend(body)
  const { user_id } = readFields(body, { user_id: orNull(name) })
  const read = readFields(body, USER_FIELDS)
  return {
    user_alias: null,
    user_email: null,
    user_role: null,
    teams: [],
    ...blankAllowance(now),
    ...read,
    ...begunPeriod(read.budget_duration ?? null, now),
    user_id: user_id ?? randomUUID(),
    extra: otherFields(body, OWN_FIELDS),
  }
}

/** The user with what the body says otherwise; null takes away. @throws {GatewayError} `bad_body` */
export function changedUser(user: User, body: JsonObject, now: number): User {
  return {
    ...user,
    ...readFields(body, USER_FIELDS),
    ...changedPeriod(user, body, now),
    extra: { ...user.extra, ...otherFields(body, OWN_FIELDS) },
    updated_at: now,
  }
}
