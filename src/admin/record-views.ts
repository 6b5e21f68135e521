import {
  spenderOf,
  type Allowance,
  type Team,
  type User,
  type VirtualKey,
} from '../ledger/index.ts'
import type { Json, JsonObject } from '../plugin/index.ts'
import type { AdminParts } from './parts.ts'

/** What LiteLLM's records have and this gateway's do not, as it shows them where nothing was said. */
const UNSAID = {
  config: {},
  permissions: {},
  model_max_budget: {},
  soft_budget: null,
  organization_id: null,
  litellm_budget_table: null,
} as const

type Parts = Pick<AdminParts, 'spentBy'>

/** A key in the shape of LiteLLM, without its hash. What was said of it elsewhere cannot hide a field. */
export function keyInfo(key: VirtualKey, parts: Parts): JsonObject {
  const { key_name, key_alias, user_id, team_id, aliases, expires, origin } = key
  const { allowed_cache_controls } = key
  return {
    ...UNSAID,
    ...key.extra,
    key_name,
    key_alias,
    expires: iso(expires),
    user_id,
    team_id,
    aliases,
    allowed_cache_controls,
    ...allowanceInfo(key),
    spend: parts.spentBy(spenderOf(key)),
    origin,
  }
}

/** The same with its hash, as lists have it. */
export function keyRow(key: VirtualKey, parts: Parts): JsonObject {
  return { token: key.token, ...keyInfo(key, parts) }
}

/** The answer to whoever made a key: the only one that has its text. */
export function madeKey(text: string, key: VirtualKey, parts: Parts): JsonObject {
  return { ...keyInfo(key, parts), key: text, token: key.token, token_id: key.token }
}

export function userInfo(user: User, { spentBy }: Parts): JsonObject {
  const { user_id, user_alias, user_email, user_role, teams } = user
  const spend = spentBy({ kind: 'user', id: user_id, allowance: user })
  const own = { user_id, user_alias, user_email, user_role, teams }
  return { ...user.extra, ...own, ...allowanceInfo(user), spend }
}

export function teamInfo(team: Team, { spentBy }: Parts): JsonObject {
  const { team_id, team_alias, members_with_roles } = team
  const spend = spentBy({ kind: 'team', id: team_id, allowance: team })
  return { ...team.extra, team_id, team_alias, members_with_roles, ...allowanceInfo(team), spend }
}

function allowanceInfo(allowance: Allowance): JsonObject {
  const { models, metadata, blocked, budget_reset_at, created_at, updated_at } = allowance
  const { max_budget, budget_duration, rpm_limit, tpm_limit, max_parallel_requests } = allowance
  return {
    models,
    metadata,
    blocked,
    max_budget,
    budget_duration,
    budget_reset_at: iso(budget_reset_at),
    rpm_limit,
    tpm_limit,
    max_parallel_requests,
    created_at: iso(created_at),
    updated_at: iso(updated_at),
  }
}

function iso(time: number | null): Json {
  return time === null ? null : new Date(time).toISOString()
}
