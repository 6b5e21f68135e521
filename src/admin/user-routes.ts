import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import {
  badField,
  changedUser,
  flag,
  names,
  newKey,
  newUser,
  orNull,
  readFields,
  type User,
  type VirtualKey,
} from '../ledger/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { managing, needMasterKey, neededName, refuseMasterKey } from './managing.ts'
import { pageOf } from './numbered-pages.ts'
import type { AdminParts } from './parts.ts'
import { textParam } from './query.ts'
import { keyRow, madeKey, teamInfo, userInfo } from './record-views.ts'
import { route } from './route.ts'

/** Users, in LiteLLM's words: those whom keys belong to, with limits of their own. */
export function registerUsers(router: Router, parts: AdminParts): void {
  const { ledger, settings } = parts

  route(router, '/user/new', {
    POST: managing(parts, async (body, ctx) => {
      const now = Date.now()
      const user = newUser(body, now)
      const { auto_create_key: wanted } = readFields(body, { auto_create_key: orNull(flag) })
      const made = (wanted ?? true) ? newKey(firstKeyOf(body, user), now) : null
      if (made) refuseMasterKey(made.text, settings)
      await ledger.change((changes) => {
        needTeams(user)
        changes.addUser(user)
        if (made) changes.addKey(made.key)
      })
      const key = made ? madeKey(made.text, made.key, parts) : { key: '' }
      ctx.body = { ...key, ...userInfo(user, parts) }
      return user
    }),
  })

  route(router, '/user/info', {
    GET(ctx) {
      needMasterKey(settings)
      const user = needUser(textParam(ctx, 'user_id') ?? '')
      const { user_id } = user
      ctx.body = {
        user_id,
        user_info: userInfo(user, parts),
        keys: keysOf(user_id).map((key) => keyRow(key, parts)),
        teams: user.teams.flatMap((id) => {
          const team = ledger.teams.get(id)
          return team ? [teamInfo(team, parts)] : []
        }),
      }
    },
  })

  route(router, '/user/list', {
    GET(ctx) {
      needMasterKey(settings)
      const role = textParam(ctx, 'role')
      const users = ledger.users
        .list()
        .filter((user) => (role ?? user.user_role) === user.user_role)
      const { shown, ...place } = pageOf(ctx, users)
      ctx.body = { users: shown.map((user) => userInfo(user, parts)), ...place }
    },
  })

  route(router, '/user/update', {
    POST: managing(parts, async (body, ctx) => {
      const id = neededName(body, 'user_id')
      const user = await ledger.change((changes) => {
        const changed = changedUser(needUser(id), body, Date.now())
        needTeams(changed)
        changes.putUser(changed)
        return changed
      })
      ctx.body = { user_id: id, data: userInfo(user, parts) }
      return user
    }),
  })

  route(router, '/user/delete', {
    POST: managing(parts, async (body, ctx) => {
      const { user_ids: ids } = readFields(body, { user_ids: names })
      if (!ids) throw badField('user_ids', 'is missing')
      await ledger.change((changes) => {
        for (const id of ids) {
          needUser(id)
          for (const { token } of keysOf(id)) changes.removeKey(token)
          changes.removeUser(id)
        }
        for (const team of ledger.teams.list()) {
          const left = team.members_with_roles.filter(
            ({ user_id }) => !ids.some((id) => id === user_id),
          )
          if (left.length === team.members_with_roles.length) continue
          changes.putTeam({ ...team, members_with_roles: left, updated_at: Date.now() })
        }
      })
      ctx.body = { deleted_users: ids }
    }),
  })

  function needUser(id: string): User {
    const user = ledger.users.get(id)
    if (!user) throw new GatewayError('user_not_found', { param: 'user_id', detail: id })
    return user
  }

  function needTeams({ teams }: User): void {
    const unknown = teams.find((id) => !ledger.teams.get(id))
    if (unknown === undefined) return
    throw new GatewayError('team_not_found', { param: 'teams', detail: unknown })
  }

  function keysOf(id: string): readonly VirtualKey[] {
    return ledger.allKeys().filter(({ user_id }) => user_id === id)
  }
}

/** What is said of a user's key when it is made with the user: the limits are the user's. */
function firstKeyOf(body: JsonObject, { user_id, models }: User): JsonObject {
  const { key, key_alias, duration, aliases } = body
  return { key, key_alias, duration, aliases, user_id, models }
}
