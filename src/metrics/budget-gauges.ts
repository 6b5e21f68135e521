import type { Families, Labels } from './families.ts'

/** A budget of a key or a team, as it is now. */
export interface MeteredBudget {
  readonly kind: 'api_key' | 'team'
  /** The hash of the key, or the id. */
  readonly id: string
  readonly alias: string | null
  /** US dollars. */
  readonly max: number
  readonly spent: number
  /** Milliseconds until it begins anew; null: never. */
  readonly resetsInMs: number | null
}

/** How many a scrape shows of each kind: those with the least left. */
const MOST = 1_000
const HOUR_MS = 3_600_000

/** Makes LiteLLM's families for what is left of budgets; the answer tells them. */
export function createBudgetGauges({
  told,
}: Families): (budgets: readonly MeteredBudget[]) => void {
  const gaugesOf = (kind: MeteredBudget['kind'], names: readonly [id: string, alias: string]) => {
    const gauge = (name: string, help: string) =>
      told('gauge', `litellm_${name}_metric`, help, names)
    const left = gauge(`remaining_${kind}_budget`, 'US dollars left of a budget.')
    const max = gauge(`${kind}_max_budget`, 'US dollars of a budget.')
    const hours = gauge(`${kind}_budget_remaining_hours`, 'Hours until a budget begins anew.')
    const [id, alias] = names
    return (budgets: readonly MeteredBudget[]): void => {
      const shown = budgets
        .filter((budget) => budget.kind === kind)
        .toSorted((one, other) => leftOf(one) - leftOf(other))
        .slice(0, MOST)
        .map((one): [Labels, MeteredBudget] => [{ [id]: one.id, [alias]: one.alias ?? '' }, one])
      left(shown.map(([labels, one]) => [labels, leftOf(one)]))
      max(shown.map(([labels, one]) => [labels, one.max]))
      hours(
        shown.flatMap(([labels, { resetsInMs }]) =>
          resetsInMs === null ? [] : [[labels, resetsInMs / HOUR_MS] as const],
        ),
      )
    }
  }
  const keys = gaugesOf('api_key', ['hashed_api_key', 'api_key_alias'])
  const teams = gaugesOf('team', ['team', 'team_alias'])
  return (budgets) => {
    keys(budgets)
    teams(budgets)
  }
}

/** Below 0 where a call cost more than was left. */
function leftOf({ max, spent }: MeteredBudget): number {
  return max - spent
}
