import type { Router } from '@koa/router'
import type { SpendSum } from '../trace/index.ts'
import { withoutNoise } from '../util/without-noise.ts'
import { daysParam } from './days.ts'
import { hashNamed } from './managing.ts'
import type { AdminParts } from './parts.ts'
import { badValue, textParam } from './query.ts'
import { route } from './route.ts'

/** What each team or customer paid on each day, or each key of one payer for each model; LiteLLM's words. */
export function registerSpendReport(router: Router, { store, ledger }: AdminParts): void {
  route(router, '/global/spend/report', {
    async GET(ctx) {
      const days = daysParam(ctx)
      if (!days) throw badValue('start_date', 'is missing, as is end_date')
      const api_key = textParam(ctx, 'api_key')
      const user_id = textParam(ctx, 'internal_user_id')
      if (api_key !== undefined || user_id !== undefined) {
        const sums = await store.books.spendSums(['key_hash', 'model'], {
          ...days,
          ...(api_key === undefined ? {} : { key_hash: hashNamed(api_key) }),
          ...(user_id === undefined ? {} : { user_id }),
        })
        ctx.body = eachOf(sums, 0).map(([key, those]) => ({
          api_key: key,
          ...costOf(those),
          model_details: eachOf(those, 1).map(([model, sum]) => ({ model, ...costOf(sum) })),
        }))
        return
      }
      const { group, list, field, nameOf } = groupingOf(textParam(ctx, 'group_by') ?? 'team')
      const sums = await store.books.spendSums(['day', group, 'model', 'key_hash'], days)
      ctx.body = eachOf(sums, 0).map(([day, ofDay]) => ({
        group_by_day: `${day}T00:00:00+00:00`,
        [list]: eachOf(ofDay, 1).map(([id, those]) => ({
          [field]: nameOf(id),
          total_spend: costOf(those).total_cost,
          metadata: those.map(({ by: [, , model, key], ...sum }) => ({
            model,
            spend: sum.spend,
            total_tokens: sum.prompt_tokens + sum.completion_tokens,
            api_key: key,
          })),
        })),
      }))
    },
  })

  function groupingOf(word: string): Grouping {
    switch (word) {
      case 'team': {
        const nameOf = (id: string): string => ledger.teams.get(id)?.team_alias ?? id
        return { group: 'team_id', list: 'teams', field: 'team_name', nameOf }
      }
      case 'customer':
        return { group: 'end_user', list: 'customers', field: 'customer', nameOf: (id) => id }
      default:
        throw badValue('group_by', 'is neither team nor customer')
    }
  }
}

interface Grouping {
  readonly group: 'team_id' | 'end_user'
  readonly list: string
  readonly field: string
  readonly nameOf: (id: string) => string
}

/** Sums by one of the texts they were taken by, in the order they are in. */
function eachOf(sums: readonly SpendSum[], place: number): [string, SpendSum[]][] {
  return [...Map.groupBy(sums, ({ by }) => by[place] ?? '')]
}

function costOf(sums: readonly SpendSum[]): {
  readonly total_cost: number
  readonly total_input_tokens: number
  readonly total_output_tokens: number
} {
  const sumOf = (value: (sum: SpendSum) => number): number =>
    sums.reduce((sum, one) => sum + value(one), 0)
  return {
    total_cost: withoutNoise(sumOf(({ spend }) => spend)),
    total_input_tokens: sumOf(({ prompt_tokens }) => prompt_tokens),
    total_output_tokens: sumOf(({ completion_tokens }) => completion_tokens),
  }
}
