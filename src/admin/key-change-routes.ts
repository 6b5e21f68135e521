import type { Router, RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import {
  badField,
  changedKey,
  names,
  newKey,
  orNull,
  readFields,
  regeneratedKey,
  spenderOf,
  type VirtualKey,
} from '../ledger/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { changeableKey, managing, neededName, refuseMasterKey } from './managing.ts'
import type { AdminParts } from './parts.ts'
import { keyInfo, keyRow, madeKey } from './record-views.ts'
import { route } from './route.ts'

/** Makes, changes and removes virtual keys, in LiteLLM's words. */
export function registerKeyChanges(router: Router, parts: AdminParts): void {
  const { ledger, settings } = parts

  route(router, '/key/generate', {
    POST: managing(parts, async (body, ctx) => {
      const { text, key } = newKey(body, Date.now())
      refuseMasterKey(text, settings)
      await ledger.change((changes) => {
        needTeam(key)
        changes.addKey(key)
      })
      ctx.body = madeKey(text, key, parts)
      return key
    }),
  })

  route(router, '/key/update', {
    POST: managing(parts, async (body, ctx) => {
      const named = neededName(body, 'key')
      const key = await ledger.change((changes) => {
        const changed = changedKey(changeableKey(parts, named), body, Date.now())
        needTeam(changed)
        changes.putKey(changed)
        return changed
      })
      ctx.body = { key: key.token, ...keyInfo(key, parts) }
      return key
    }),
  })

  route(router, '/key/delete', {
    POST: managing(parts, async (body, ctx) => {
      const said = readFields(body, { keys: orNull(names), key_aliases: orNull(names) })
      const { keys = null, key_aliases: aliases = null } = said
      if ((keys === null) === (aliases === null)) {
        throw badField('keys', 'must say which keys, or `key_aliases`')
      }
      ctx.body = {
        deleted_keys: await ledger.change((changes) => {
          const found = aliases
            ? aliases.map((alias) => {
                const key = ledger.keyWithAlias(alias)
                if (key) return key
                throw new GatewayError('key_not_found', { detail: `none has the alias ${alias}` })
              })
            : (keys ?? []).map((one) => changeableKey(parts, one))
          for (const { token } of found) changes.removeKey(token)
          return found.map(({ token }) => token)
        }),
      }
    }),
  })

  for (const [path, blocked] of [
    ['/key/block', true],
    ['/key/unblock', false],
  ] as const) {
    route(router, path, {
      POST: managing(parts, async (body, ctx) => {
        const named = neededName(body, 'key')
        const key = await ledger.change((changes) => {
          const changed = { ...changeableKey(parts, named), blocked, updated_at: Date.now() }
          changes.putKey(changed)
          return changed
        })
        ctx.body = keyRow(key, parts)
      }),
    })
  }

  route(router, '/key/regenerate', {
    POST: managing(parts, async (body, ctx) => {
      return regenerate(neededName(body, 'key'), body, ctx)
    }),
  })

  route(router, '/key/:key/regenerate', {
    POST: managing(parts, async (body, ctx) => {
      return regenerate(ctx.params['key'] ?? '', body, ctx)
    }),
  })

  async function regenerate(
    named: string,
    body: JsonObject,
    ctx: RouterContext,
  ): Promise<VirtualKey> {
    const { text, key } = await ledger.change((changes) => {
      const before = changeableKey(parts, named)
      const made = regeneratedKey(before, body, Date.now())
      refuseMasterKey(made.text, settings)
      needTeam(made.key)
      changes.addKey(made.key)
      changes.removeKey(before.token)
      return made
    })
    await parts.takeUp([spenderOf(key)])
    ctx.body = madeKey(text, key, parts)
    return key
  }

  function needTeam({ team_id: id }: VirtualKey): void {
    if (id === null || ledger.teams.get(id)) return
    throw new GatewayError('team_not_found', { param: 'team_id', detail: id })
  }
}
