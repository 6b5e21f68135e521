import type { Router, RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import {
  badField,
  names,
  readFields,
  spenderOf,
  type Identity,
  type VirtualKey,
} from '../ledger/index.ts'
import { hashNamed, managing, needMasterKey, noSuchKey } from './managing.ts'
import { wholeParam } from './numbered-pages.ts'
import type { AdminParts } from './parts.ts'
import { badValue, flagParam, textParam } from './query.ts'
import { keyInfo, keyRow } from './record-views.ts'
import { route } from './route.ts'

const MAX_SIZE = 100

/** By what keys can be sorted. */
type Sorting = (a: VirtualKey, b: VirtualKey) => number

/** Shows virtual keys, in LiteLLM's words. */
export function registerKeys(router: Router, parts: AdminParts): void {
  const { ledger, settings } = parts

  route(router, '/key/info', {
    GET(ctx) {
      needMasterKey(settings)
      const named = textParam(ctx, 'key')
      const own = ownKeyOf(ctx)
      const hash = named === undefined ? own?.token : hashNamed(named)
      if (hash === undefined) {
        throw badValue('key', 'is missing; a virtual key that asks for itself needs none')
      }
      if (own && own.token !== hash) {
        throw new GatewayError('admin_only', {
          detail: 'this is another key than the one that asks',
        })
      }
      const key = ledger.keyOf(hash)
      if (!key) throw noSuchKey(named ?? hash)
      ctx.body = { key: key.token, info: keyInfo(key, parts) }
    },
  })

  route(router, '/v2/key/info', {
    POST: managing(parts, (body, ctx) => {
      const { keys } = readFields(body, { keys: names })
      if (!keys) throw badField('keys', 'is missing')
      const hashes = keys.map(hashNamed)
      const info = hashes.flatMap((hash) => ledger.keyOf(hash) ?? [])
      ctx.body = { key: hashes, info: info.map((key) => keyRow(key, parts)) }
    }),
  })

  route(router, '/key/list', {
    GET(ctx) {
      needMasterKey(settings)
      const page = wholeParam(ctx, 'page', 1, Number.MAX_SAFE_INTEGER)
      const size = wholeParam(ctx, 'size', 10, MAX_SIZE)
      const full = flagParam(ctx, 'return_full_object')
      const found = ledger.allKeys().filter(filterOf(ctx)).toSorted(sortingOf(ctx))
      const shown = found.slice((page - 1) * size, page * size)
      ctx.body = {
        keys: shown.map((key) => (full ? keyRow(key, parts) : key.token)),
        total_count: found.length,
        current_page: page,
        total_pages: Math.ceil(found.length / size),
      }
    },
  })

  function sortingOf(ctx: RouterContext): Sorting {
    const by = textParam(ctx, 'sort_by') ?? 'created_at'
    const order = textParam(ctx, 'sort_order') ?? 'desc'
    if (order !== 'asc' && order !== 'desc') throw badValue('sort_order', 'is neither asc nor desc')
    const valueOf = valueFor(by)
    const sign = order === 'asc' ? 1 : -1
    return (a, b) => sign * compare(valueOf(a), valueOf(b))
  }

  function valueFor(by: string): (key: VirtualKey) => string | number {
    switch (by) {
      case 'created_at':
      case 'updated_at':
        return (key) => key[by]
      case 'max_budget':
        return (key) => key.max_budget ?? Infinity
      case 'key_alias':
        return (key) => key.key_alias ?? ''
      case 'spend':
        return (key) => parts.spentBy(spenderOf(key))
      default:
        throw badValue('sort_by', 'is none of created_at, updated_at, max_budget, key_alias, spend')
    }
  }
}

/** The virtual key that asks; null for whoever may see them all. */
function ownKeyOf(ctx: RouterContext): VirtualKey | null {
  const identity = ctx.state['identity'] as Identity | undefined
  return identity?.role === 'key' ? identity.key : null
}

function filterOf(ctx: RouterContext): (key: VirtualKey) => boolean {
  const user = textParam(ctx, 'user_id')
  const team = textParam(ctx, 'team_id')
  const alias = textParam(ctx, 'key_alias')
  const named = textParam(ctx, 'key_hash')
  const hash = named === undefined ? undefined : hashNamed(named)
  return (key) =>
    (user === undefined || key.user_id === user) &&
    (team === undefined || key.team_id === team) &&
    (alias === undefined || key.key_alias === alias) &&
    (hash === undefined || key.token === hash)
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
