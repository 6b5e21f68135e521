import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import {
  badField,
  changedTeam,
  membersOf,
  names,
  newTeam,
  objects,
  readFields,
  type Changes,
  type Team,
  type VirtualKey,
} from '../ledger/index.ts'
import { isObject, type JsonObject } from '../plugin/index.ts'
import { managing, needMasterKey, neededName } from './managing.ts'
import type { AdminParts } from './parts.ts'
import { textParam } from './query.ts'
import { keyRow, teamInfo } from './record-views.ts'
import { route } from './route.ts'

/** Teams, in LiteLLM's words: their limits hold for all of their keys together. */
export function registerTeams(router: Router, parts: AdminParts): void {
  const { ledger, settings } = parts

  route(router, '/team/new', {
    POST: managing(parts, async (body, ctx) => {
      const team = newTeam(body, Date.now())
      await ledger.change((changes) => {
        changes.addTeam(team)
        enter(team.team_id, team.members_with_roles, changes)
      })
      ctx.body = teamInfo(team, parts)
      return team
    }),
  })

  route(router, '/team/info', {
    GET(ctx) {
      needMasterKey(settings)
      const team = needTeam(textParam(ctx, 'team_id') ?? '')
      const { team_id } = team
      ctx.body = {
        team_id,
        team_info: teamInfo(team, parts),
        keys: keysOf(team_id).map((key) => keyRow(key, parts)),
        team_memberships: [],
      }
    },
  })

  route(router, '/team/list', {
    GET(ctx) {
      needMasterKey(settings)
      const user = textParam(ctx, 'user_id')
      const teams = ledger.teams
        .list()
        .filter((team) => user === undefined || team.members_with_roles.some(is(user)))
      ctx.body = teams.map((team) => ({
        ...teamInfo(team, parts),
        keys: keysOf(team.team_id).map((key) => keyRow(key, parts)),
      }))
    },
  })

  route(router, '/team/update', {
    POST: managing(parts, async (body, ctx) => {
      const team = await changed(body, (before) => changedTeam(before, body, Date.now()))
      ctx.body = { team_id: team.team_id, data: teamInfo(team, parts) }
      return team
    }),
  })

  for (const [path, blocked] of [
    ['/team/block', true],
    ['/team/unblock', false],
  ] as const) {
    route(router, path, {
      POST: managing(parts, async (body, ctx) => {
        ctx.body = teamInfo(await changed(body, (team) => ({ ...team, blocked })), parts)
      }),
    })
  }

  route(router, '/team/delete', {
    POST: managing(parts, async (body, ctx) => {
      const { team_ids: ids } = readFields(body, { team_ids: names })
      if (!ids) throw badField('team_ids', 'is missing')
      await ledger.change((changes) => {
        for (const id of ids) {
          needTeam(id)
          for (const { token } of keysOf(id)) changes.removeKey(token)
          changes.removeTeam(id)
        }
        for (const user of ledger.users.list()) {
          const teams = user.teams.filter((id) => !ids.includes(id))
          if (teams.length < user.teams.length) changes.putUser({ ...user, teams })
        }
      })
      ctx.body = { deleted_teams: ids }
    }),
  })

  route(router, '/team/member_add', {
    POST: managing(parts, async (body, ctx) => {
      const added = membersOf(saidMembers(body), 'member')
      const grown = await changed(body, (team, changes) => {
        const there = added.find(({ user_id }) => team.members_with_roles.some(is(user_id)))
        if (there) {
          const detail = 'a member of the team'
          throw new GatewayError('already_there', { status: 400, param: 'member', detail })
        }
        enter(team.team_id, added, changes)
        return { ...team, members_with_roles: [...team.members_with_roles, ...added] }
      })
      const info = teamInfo(grown, parts)
      ctx.body = { ...info, updated_users: [], updated_team_memberships: [] }
    }),
  })

  route(router, '/team/member_delete', {
    POST: managing(parts, async (body, ctx) => {
      const id = neededName(body, 'user_id')
      const shrunk = await changed(body, (team, changes) => {
        const left = team.members_with_roles.filter((member) => !is(id)(member))
        if (left.length === team.members_with_roles.length) {
          throw new GatewayError('user_not_found', { param: 'user_id', detail: 'not in the team' })
        }
        const user = ledger.users.get(id)
        if (user) {
          changes.putUser({ ...user, teams: user.teams.filter((one) => one !== team.team_id) })
        }
        return { ...team, members_with_roles: left }
      })
      ctx.body = teamInfo(shrunk, parts)
    }),
  })

  /** Changes the team that a body names. */
  async function changed(
    body: JsonObject,
    change: (team: Team, changes: Changes) => Team,
  ): Promise<Team> {
    const id = neededName(body, 'team_id')
    return ledger.change((changes) => {
      const after = { ...change(needTeam(id), changes), updated_at: Date.now() }
      changes.putTeam(after)
      return after
    })
  }

  /** Notes the team with those of its new members that are known. */
  function enter(team: string, members: readonly JsonObject[], changes: Changes): void {
    for (const { user_id: id } of members) {
      const user = typeof id === 'string' ? ledger.users.get(id) : undefined
      if (!user || user.teams.includes(team)) continue
      changes.putUser({ ...user, teams: [...user.teams, team] })
    }
  }

  function needTeam(id: string): Team {
    const team = ledger.teams.get(id)
    if (!team) throw new GatewayError('team_not_found', { param: 'team_id', detail: id })
    return team
  }

  function keysOf(id: string): readonly VirtualKey[] {
    return ledger.allKeys().filter(({ team_id }) => team_id === id)
  }
}

function is(id: unknown): (member: JsonObject) => boolean {
  return ({ user_id }) => user_id === id && id !== null
}

/** One member or several. @throws {GatewayError} `bad_body` */
function saidMembers(body: JsonObject): readonly JsonObject[] {
  const said = body['member']
  if (isObject(said)) return [said]
  const members = readFields(body, { member: objects }).member
  if (!members) throw badField('member', 'is missing')
  return members
}
