import type { Router, RouterContext } from '@koa/router'
import type { JsonObject } from '../plugin/index.ts'
import { dayOf, type SpendQuery } from '../trace/index.ts'
import { withoutNoise } from '../util/without-noise.ts'
import { DAY, daysParam, type Days } from './days.ts'
import { hashNamed } from './managing.ts'
import type { AdminParts } from './parts.ts'
import { badValue, rangeParams, textParam } from './query.ts'
import { keyRow, userInfo } from './record-views.ts'
import { route } from './route.ts'
import { spendLog } from './spend-log.ts'

/** Rows in one answer unless `limit` says otherwise. */
const DEFAULT_LIMIT = 1_000

/** What calls cost, call by call and by who pays, in LiteLLM's words. */
export function registerSpend(router: Router, parts: AdminParts): void {
  const { store, ledger } = parts

  route(router, '/spend/logs', {
    async GET(ctx) {
      const days = daysParam(ctx)
      const query = { ...payerParams(ctx), ...days }
      const isSummary = summarizeParam(ctx)
      if (days && isSummary) ctx.body = await summaryOf(query, days)
      else await answerRows(ctx, query)
    },
  })

  route(router, '/spend/keys', {
    GET(ctx) {
      const rows = ledger.allKeys().map((key) => keyRow(key, parts))
      ctx.body = rows.toSorted(bySpend)
    },
  })

  route(router, '/spend/tags', {
    async GET(ctx) {
      const sums = await store.books.spendSums(['tag'], daysParam(ctx) ?? {})
      ctx.body = sums.map(({ by: [tag], calls, spend }) => ({
        individual_request_tag: tag,
        log_count: calls,
        total_spend: spend,
      }))
    },
  })

  route(router, '/spend/users', {
    GET(ctx) {
      const id = textParam(ctx, 'user_id')
      const users = ledger.users.list().filter((user) => (id ?? user.user_id) === user.user_id)
      ctx.body = users.map((user) => userInfo(user, parts)).toSorted(bySpend)
    },
  })

  async function answerRows(ctx: RouterContext, query: SpendQuery): Promise<void> {
    const { limit = DEFAULT_LIMIT } = rangeParams(ctx)
    const rows = await store.books.spendRows({ ...query, limit: limit + 1 })
    if (rows.length > limit) ctx.set('x-sluice-more', 'true')
    ctx.body = rows.slice(0, limit).map(spendLog)
  }

  /** One entry for each day with calls, and for those after it, which had none. */
  async function summaryOf(query: SpendQuery, { until }: Days): Promise<JsonObject[]> {
    const by = ['day', 'key_hash', 'user_id', 'model'] as const
    const sums = await store.books.spendSums(by, query)
    const days = [...Map.groupBy(sums, (sum) => sum.by[0] ?? '')].map(
      ([day, those]): JsonObject => {
        const sumsBy = (place: number): Record<string, number> => {
          const groups = Map.groupBy(those, (sum) => sum.by[place] ?? '')
          return Object.fromEntries([...groups].map(([name, sum]) => [name, total(sum)]))
        }
        return {
          ...sumsBy(1),
          startTime: day,
          spend: total(those),
          users: sumsBy(2),
          models: sumsBy(3),
        }
      },
    )
    const last = days.at(-1)?.['startTime']
    if (typeof last !== 'string') return []
    for (let at = Date.parse(last) / 1000 + DAY; at < until; at += DAY) {
      days.push({ startTime: dayOf(at), spend: 0, users: {}, models: {} })
    }
    return days
  }
}

/** Whose calls. A key may be given as its text or as its hash. @throws {GatewayError} `bad_query` */
function payerParams(ctx: RouterContext): SpendQuery {
  const request_id = textParam(ctx, 'request_id')
  const api_key = textParam(ctx, 'api_key')
  const user_id = textParam(ctx, 'user_id')
  return {
    ...(request_id === undefined ? {} : { request_id }),
    ...(api_key === undefined ? {} : { key_hash: hashNamed(api_key) }),
    ...(user_id === undefined ? {} : { user_id }),
  }
}

/** True unless told. */
function summarizeParam(ctx: RouterContext): boolean {
  const value = textParam(ctx, 'summarize')?.toLowerCase()
  if (value === undefined || value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw badValue('summarize', 'is neither true nor false')
}

function total(sums: readonly { readonly spend: number }[]): number {
  return withoutNoise(sums.reduce((sum, { spend }) => sum + spend, 0))
}

function bySpend(a: JsonObject, b: JsonObject): number {
  return Number(b['spend']) - Number(a['spend'])
}
