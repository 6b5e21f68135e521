import type { Router, RouterContext } from '@koa/router'
import { badField, name, orNull, readFields, resetAllowance } from '../ledger/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import type { SpendQuery } from '../trace/index.ts'
import { readBody } from './body.ts'
import { daysParam, lastDays } from './days.ts'
import { hashNamed, managing } from './managing.ts'
import { wholeParam } from './numbered-pages.ts'
import type { AdminParts } from './parts.ts'
import { MAX_LIMIT, textParam } from './query.ts'
import { route } from './route.ts'

const SHOWN = 10
const SHOWN_END_USERS = 100
/** Calls of nobody's team, as LiteLLM calls them. */
const UNASSIGNED = 'Unassigned'

/** What everybody's calls cost in the last 30 days, or in the days that are asked for; LiteLLM's words. */
export function registerGlobalSpend(router: Router, parts: AdminParts): void {
  const { books } = parts.store
  const { ledger } = parts

  route(router, '/global/spend', {
    async GET(ctx) {
      const [sum] = await books.spendSums([], rangeOf(ctx))
      // LiteLLM's 0 is no budget.
      const max_budget = ledger.everybody?.max_budget ?? 0
      ctx.body = { spend: sum?.spend ?? 0, max_budget }
    },
  })

  route(router, '/global/spend/reset', {
    POST: managing(parts, async (_body, ctx) => {
      await ledger.change((changes) => {
        const now = Date.now()
        for (const key of ledger.keys.list()) changes.putKey(resetAllowance(key, now))
        for (const team of ledger.teams.list()) changes.putTeam(resetAllowance(team, now))
      })
      ctx.body = {
        message: 'Spend for all API Keys and Teams reset successfully',
        status: 'success',
      }
    }),
  })

  route(router, '/global/spend/logs', {
    async GET(ctx) {
      const api_key = textParam(ctx, 'api_key')
      const narrowed = api_key === undefined ? {} : { key_hash: hashNamed(api_key) }
      const sums = await books.spendSums(['day'], { ...rangeOf(ctx), ...narrowed })
      const shown = api_key === undefined ? {} : { api_key: hashNamed(api_key) }
      ctx.body = sums.map(({ by: [date], spend }) => ({ date, spend, ...shown }))
    },
  })

  route(router, '/global/spend/keys', {
    async GET(ctx) {
      const sums = await named('key_hash', rangeOf(ctx), limitOf(ctx))
      ctx.body = sums.map(({ id, spend: total_spend }) => {
        const { key_alias = null, key_name = null } = ledger.keyOf(id) ?? {}
        return { api_key: id, key_alias, key_name, total_spend }
      })
    },
  })

  route(router, '/global/spend/models', {
    async GET(ctx) {
      const sums = await named('model', rangeOf(ctx), limitOf(ctx))
      ctx.body = sums.map(({ id, spend }) => ({ model: id, total_spend: spend }))
    },
  })

  route(router, '/global/spend/provider', {
    async GET(ctx) {
      const sums = await named('provider', rangeOf(ctx), MAX_LIMIT)
      ctx.body = sums.map(({ id, spend }) => ({ provider: id, spend }))
    },
  })

  route(router, '/global/spend/teams', {
    async GET(ctx) {
      const query = rangeOf(ctx)
      const daily = Map.groupBy(
        await books.spendSums(['day', 'team_id'], query),
        ({ by }) => by[0] ?? '',
      )
      const teams = await books.spendSums(['team_id'], query)
      ctx.body = {
        daily_spend: [...daily].map(([date, sums]) => ({
          ...Object.fromEntries(sums.map(({ by: [, id], spend }) => [teamName(id), spend])),
          date,
        })),
        teams: teams.map(({ by: [id] }) => teamName(id)),
        total_spend_per_team: teams
          .slice(0, SHOWN)
          .map(({ by: [id], spend }) => ({ team_id: teamName(id), total_spend: spend })),
      }
    },
  })

  route(router, '/global/spend/end_users', {
    async POST(ctx) {
      const sums = await named('end_user', endUserQuery(await readBody(ctx)), SHOWN_END_USERS)
      ctx.body = sums.map(({ id, calls, spend }) => ({
        end_user: id,
        total_count: calls,
        total_spend: spend,
      }))
    },
  })

  /** Sums of those that have a name, highest first. */
  async function named(
    group: 'key_hash' | 'model' | 'provider' | 'end_user',
    query: SpendQuery,
    limit: number,
  ): Promise<{ readonly id: string; readonly spend: number; readonly calls: number }[]> {
    // One more than is shown, for the sum of those without a name may be among the highest.
    const sums = await books.spendSums([group], { ...query, limit: limit + 1 })
    return sums.flatMap(({ by: [id], ...sum }) => (id ? [{ id, ...sum }] : [])).slice(0, limit)
  }

  function teamName(id: string | undefined): string {
    return id ? (ledger.teams.get(id)?.team_alias ?? id) : UNASSIGNED
  }
}

function rangeOf(ctx: RouterContext): SpendQuery {
  return daysParam(ctx) ?? lastDays()
}

function limitOf(ctx: RouterContext): number {
  return wholeParam(ctx, 'limit', SHOWN, MAX_LIMIT)
}

/** @throws {GatewayError} `bad_body` */
function endUserQuery(body: JsonObject): SpendQuery {
  const text = orNull(name)
  const { api_key, startTime, endTime } = readFields(body, {
    api_key: text,
    startTime: text,
    endTime: text,
  })
  return {
    ...lastDays(),
    ...(startTime ? { since: secondsOf('startTime', startTime) } : {}),
    ...(endTime ? { until: secondsOf('endTime', endTime) } : {}),
    ...(api_key ? { key_hash: hashNamed(api_key) } : {}),
  }
}

function secondsOf(field: string, text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw badField(field, 'is not a time as ISO 8601 says it')
  return time / 1000
}
