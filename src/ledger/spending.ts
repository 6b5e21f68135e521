import type { Books, SpendGroup } from '../trace/index.ts'
import { nameOf, type Scope } from './scopes.ts'

/** What keys, users and teams have spent in their budgets' periods under way, in US dollars. */
export interface Spending {
  spentBy(scope: Spender): number
  /** Counts what a call cost; its row in the books is committed apart from this. */
  charge(scope: Spender, dollars: number): void
  /** Reads from the books what these have spent, of those whose period is not known yet. */
  takeUp(spenders: readonly Spender[]): Promise<void>
}

/** A scope as far as it decides what counts. */
export type Spender = Pick<Scope, 'kind' | 'id'> & {
  /** Other ids by which it has spent. */
  readonly formerly?: readonly string[]
  readonly allowance: Pick<Scope['allowance'], 'budget_started_at'>
}

/** By what the books have the sum of each kind of spender. */
const GROUPS: Readonly<Record<Scope['kind'], readonly SpendGroup[]>> = {
  api_key: ['key_hash'],
  user: ['user_id'],
  team: ['team_id'],
  proxy: [],
}

/**
 * Takes up what the books say of those who may spend, each from the beginning of its period on. From
 * then on all is kept in memory: the sums are asked for every call.
 */
export async function openSpending(
  books: Pick<Books, 'spendSums'>,
  spenders: readonly Spender[],
): Promise<Spending> {
  /** Dollars of each spender, by when the period began, in milliseconds since the epoch. */
  const spent = new Map<string, Map<number, number>>()

  function periodsOf(spender: Spender): Map<number, number> {
    const name = nameOf(spender)
    const found = spent.get(name) ?? new Map<number, number>()
    spent.set(name, found)
    return found
  }

  const spending: Spending = {
    spentBy: (spender) => spent.get(nameOf(spender))?.get(startOf(spender)) ?? 0,

    charge(spender, dollars) {
      const periods = periodsOf(spender)
      const since = startOf(spender)
      // A new period ends those before it; a call of one that is over by now belongs to that one.
      if (since > Math.max(...periods.keys())) periods.clear()
      if (periods.size === 0) periods.set(since, 0)
      for (const [begun, sum] of periods) {
        // A reload may have made the period one that began earlier: then this is in there, too.
        if (begun <= since) periods.set(begun, sum + dollars)
      }
    },

    async takeUp(those) {
      for (const [kind, group] of Object.entries(GROUPS)) {
        const unknown = those.filter(
          (spender) => spender.kind === kind && !spent.get(nameOf(spender))?.has(startOf(spender)),
        )
        // Periods follow the calendar, so that there are few different beginnings.
        for (const [since, some] of Map.groupBy(unknown, startOf)) {
          const sums = await books.spendSums(group, { since: since / 1000 })
          const byId = new Map(sums.map(({ by, spend }) => [by[0] ?? '', spend]))
          for (const spender of some) {
            // What was charged in the meantime may be among the sum, or may not.
            const ids = [spender.id, ...(spender.formerly ?? [])]
            const booked = ids.reduce((sum, id) => sum + (byId.get(id) ?? 0), 0)
            const dollars = Math.max(booked, spending.spentBy(spender))
            periodsOf(spender).set(since, dollars)
          }
        }
      }
    },
  }
  await spending.takeUp(spenders)
  return spending
}

function startOf({ allowance }: Spender): number {
  return allowance.budget_started_at
}
