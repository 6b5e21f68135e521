import type { Allowance, Ledger, Spending } from '../ledger/index.ts'
import type { MeteredBudget } from '../metrics/index.ts'

/** The budgets of keys and teams as they are now, for a scrape. */
export function budgetsOf(
  ledger: Pick<Ledger, 'allKeys' | 'teams'>,
  spending: Pick<Spending, 'spentBy'>,
): readonly MeteredBudget[] {
  const now = Date.now()
  const of = (
    kind: MeteredBudget['kind'],
    id: string,
    alias: string | null,
    allowance: Allowance,
  ): readonly MeteredBudget[] => {
    const { max_budget: max, budget_reset_at: resetAt } = allowance
    if (max === null) return []
    const spent = spending.spentBy({ kind, id, allowance })
    return [{ kind, id, alias, max, spent, resetsInMs: resetAt === null ? null : resetAt - now }]
  }
  return [
    ...ledger.allKeys().flatMap((key) => of('api_key', key.token, key.key_alias, key)),
    ...ledger.teams.list().flatMap((team) => of('team', team.team_id, team.team_alias, team)),
  ]
}
