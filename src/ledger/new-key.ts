import { GatewayError } from '../errors/index.ts'
import type { Json, JsonObject } from '../plugin/index.ts'
import { begunPeriod } from './budget-period.ts'
import { later, readDuration } from './duration.ts'
import { badField, otherFields, readFields } from './fields.ts'
import { createKeyText, hashOf, maskOf } from './key-text.ts'
import type { Allowance, VirtualKey } from './records.ts'
import { KEY_FIELDS } from './stored.ts'

/** A key and its text, which nobody can tell once it was answered. */
export interface NewKey {
  readonly text: string
  readonly key: VirtualKey
}

/** Fields that are read by name, or that only the gateway writes: none of them is kept as `extra`. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(KEY_FIELDS),
  'key',
  'new_key',
  'token',
  'formerly',
  'token_id',
  'key_name',
  'duration',
  'expires',
  'spend',
  'origin',
  'budget_started_at',
  'budget_reset_at',
  'created_at',
  'updated_at',
  'grace_period',
  'extra',
])

/** Long enough to be typed by hand, as `sk-1234` of LiteLLM's guides; no spaces, and ASCII as headers are. */
const OWN_TEXT = /^sk-[\x21-\x7e]{4,253}$/

/** What every record begins with. */
export function blankAllowance(now: number): Allowance {
  return {
    models: [],
    max_budget: null,
    budget_duration: null,
    ...begunPeriod(null, now),
    rpm_limit: null,
    tpm_limit: null,
    max_parallel_requests: null,
    metadata: {},
    blocked: false,
    created_at: now,
    updated_at: now,
    extra: {},
  }
}

/** A key as LiteLLM's `/key/generate` is asked for one. @throws {GatewayError} `bad_body` */
export function newKey(body: JsonObject, now: number): NewKey {
  const text = textOf(body, 'key') ?? createKeyText()
  refuseSpend(body)
  const read = readFields(body, KEY_FIELDS)
  const key: VirtualKey = {
    key_alias: null,
    user_id: null,
    team_id: null,
    aliases: {},
    allowed_cache_controls: [],
    ...blankAllowance(now),
    ...read,
    ...begunPeriod(read.budget_duration ?? null, now),
    token: hashOf(text),
    formerly: [],
    key_name: maskOf(text),
    expires: expiresOf(body, now) ?? null,
    origin: 'api',
    extra: otherFields(body, OWN_FIELDS),
  }
  return { text, key }
}

/** The key with what the body says otherwise; null takes away. @throws {GatewayError} `bad_body` */
export function changedKey(key: VirtualKey, body: JsonObject, now: number): VirtualKey {
  const expires = expiresOf(body, now)
  return {
    ...key,
    ...readFields(body, KEY_FIELDS),
    ...changedPeriod(key, body, now),
    ...(expires === undefined ? {} : { expires }),
    extra: { ...key.extra, ...otherFields(body, OWN_FIELDS) },
    updated_at: now,
  }
}

/** The same key by another text. @throws {GatewayError} `bad_body` */
export function regeneratedKey(key: VirtualKey, body: JsonObject, now: number): NewKey {
  const grace: Json = body['grace_period'] ?? null
  if (grace !== null && grace !== '' && grace !== '0s') {
    throw badField('grace_period', 'cannot be had: the old key is invalid at once')
  }
  const text = textOf(body, 'new_key') ?? createKeyText()
  const changed = changedKey(key, body, now)
  const formerly = [...key.formerly, key.token]
  return { text, key: { ...changed, token: hashOf(text), formerly, key_name: maskOf(text) } }
}

/** A change of a budget's length begins a new period; `spend: 0` does so, too. */
export function changedPeriod(
  before: Allowance,
  body: JsonObject,
  now: number,
): Partial<Allowance> {
  refuseSpend(body)
  const { budget_duration: said } = readFields(body, KEY_FIELDS)
  const duration = said === undefined ? before.budget_duration : said
  if (duration === before.budget_duration && body['spend'] !== 0) return {}
  return begunPeriod(duration, now)
}

/** What was spent is counted, and not said. */
export function refuseSpend(body: JsonObject): void {
  const spend = body['spend'] ?? 0
  if (spend !== 0) throw badField('spend', 'is counted by the gateway; it can only be set to 0')
}

/** Undefined where the body says nothing of it. `-1` is LiteLLM's word for never, beside null. */
function expiresOf(body: JsonObject, now: number): number | null | undefined {
  const said = body['duration']
  if (said === undefined) return undefined
  if (said === null || said === '-1') return null
  const duration = typeof said === 'string' ? readDuration(said) : null
  if (duration) return later(now, duration)
  throw badField('duration', 'must be a duration such as 30s, 15m, 24h, 7d, 1w or 1mo')
}

function textOf(body: JsonObject, field: 'key' | 'new_key'): string | null {
  const said = body[field] ?? null
  if (said === null) return null
  if (typeof said === 'string' && OWN_TEXT.test(said)) return said
  // Not repeated: it may well be somebody's key.
  throw new GatewayError('bad_body', {
    param: field,
    detail: `\`${field}\` must begin with sk- and have 7 to 256 printable ASCII characters`,
  })
}
