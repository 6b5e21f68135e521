import type { JsonObject } from '../plugin/index.ts'
import {
  badField,
  count,
  dollars,
  durationText,
  flag,
  name,
  names,
  object,
  objects,
  orElse,
  orNull,
  readFields,
  renames,
  type Read,
  type Reader,
} from './fields.ts'
import { isHash } from './key-text.ts'
import type { Team, User, VirtualKey } from './records.ts'

/** What may be said of keys, users and teams alike. */
export const ALLOWANCE_FIELDS = {
  models: orElse(names, []),
  max_budget: orNull(dollars),
  budget_duration: orNull(durationText),
  rpm_limit: orNull(count),
  tpm_limit: orNull(count),
  max_parallel_requests: orNull(count),
  metadata: orElse(object, {}),
  blocked: orElse(flag, false),
} as const

export const KEY_FIELDS = {
  ...ALLOWANCE_FIELDS,
  key_alias: orNull(name),
  user_id: orNull(name),
  team_id: orNull(name),
  aliases: orElse(renames, {}),
  allowed_cache_controls: orElse(names, []),
} as const

export const USER_FIELDS = {
  ...ALLOWANCE_FIELDS,
  user_alias: orNull(name),
  user_email: orNull(name),
  user_role: orNull(name),
  teams: orElse(names, []),
} as const

export const TEAM_FIELDS = {
  ...ALLOWANCE_FIELDS,
  team_alias: orNull(name),
  members_with_roles: orElse(objects, []),
} as const

/** What the gateway itself writes beside what was said. */
const KEPT = {
  budget_started_at: count,
  budget_reset_at: orNull(count),
  created_at: count,
  updated_at: count,
  extra: object,
} as const

const token: Reader<string> = (value, field) => {
  if (typeof value === 'string' && isHash(value)) return value
  throw badField(field, 'must be a SHA-256 in hexadecimal')
}

/** What the first keys did not have. */
const LATER_FIELDS = { allowed_cache_controls: [], formerly: [] } as const

/** Read a document of the store. @throws {GatewayError} `bad_body` that names what is wrong with it */
export const readKey = (body: JsonObject): VirtualKey => ({
  ...whole(
    { ...LATER_FIELDS, ...body },
    { ...KEY_FIELDS, ...KEPT, token, formerly: names, key_name: name, expires: orNull(count) },
  ),
  origin: 'api',
})

export const readUser = (body: JsonObject): User =>
  whole(body, { ...USER_FIELDS, ...KEPT, user_id: name })

export const readTeam = (body: JsonObject): Team =>
  whole(body, { ...TEAM_FIELDS, ...KEPT, team_id: name })

function whole<R extends Readonly<Record<string, Reader<unknown>>>>(
  body: JsonObject,
  readers: R,
): Required<Read<R>> {
  const missing = Object.keys(readers).find((field) => body[field] === undefined)
  if (missing !== undefined) throw badField(missing, 'is missing')
  return readFields(body, readers) as Required<Read<R>>
}
