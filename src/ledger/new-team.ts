import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../plugin/index.ts'
import { begunPeriod } from './budget-period.ts'
import { badField, name, orNull, otherFields, readFields } from './fields.ts'
import { blankAllowance, changedPeriod, refuseSpend } from './new-key.ts'
import type { Team } from './records.ts'
import { TEAM_FIELDS } from './stored.ts'

/** Fields that are read by name, or that only the gateway writes. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(TEAM_FIELDS),
  'team_id',
  'spend',
  'keys',
  'extra',
  'budget_started_at',
  'budget_reset_at',
  'created_at',
  'updated_at',
])

/** A team as LiteLLM's `/team/new` is asked for one. @throws {GatewayError} `bad_body` */
export function newTeam(body: JsonObject, now: number): Team {
  refuseSpend(body)
  const { team_id } = readFields(body, { team_id: orNull(name) })
  const read = readFields(body, TEAM_FIELDS)
  return {
    team_alias: null,
    ...blankAllowance(now),
    ...read,
    ...begunPeriod(read.budget_duration ?? null, now),
    members_with_roles: membersOf(read.members_with_roles ?? [], 'members_with_roles'),
    team_id: team_id ?? randomUUID(),
    extra: otherFields(body, OWN_FIELDS),
  }
}

/** The team with what the body says otherwise; null takes away. @throws {GatewayError} `bad_body` */
export function changedTeam(team: Team, body: JsonObject, now: number): Team {
  const { members_with_roles: members, ...read } = readFields(body, TEAM_FIELDS)
  return {
    ...team,
    ...read,
    ...(members ? { members_with_roles: membersOf(members, 'members_with_roles') } : {}),
    ...changedPeriod(team, body, now),
    extra: { ...team.extra, ...otherFields(body, OWN_FIELDS) },
    updated_at: now,
  }
}

/** Members as they are kept: `{role, user_id}` and what else is said. @throws {GatewayError} `bad_body` */
export function membersOf(said: readonly JsonObject[], field: string): readonly JsonObject[] {
  return said.map((member) => {
    if (typeof member['user_id'] !== 'string' && typeof member['user_email'] !== 'string') {
      throw badField(field, 'needs the `user_id` of each member')
    }
    const { role, user_id } = readFields(member, { role: orNull(name), user_id: orNull(name) })
    return { ...member, role: role ?? 'user', user_id: user_id ?? null }
  })
}
