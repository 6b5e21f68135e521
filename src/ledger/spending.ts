import type { Books, SpendGroup } from '../trace/index.ts'
import { nameOf, type Scope } from './scopes.ts'

/** What keys, users and teams have spent in their budgets' periods under way, in US dollars. */
export interface Spending {
  spentBy(scope: Spender): number
  /** Counts what a call cost; its row in the books is committed apart from this. */
  charge(scope: Spender, dollars: number): void
}

/** A scope as far as it decides what counts. */
export type Spender = Pick<Scope, 'kind' | 'id'> & {
  readonly allowance: Pick<Scope['allowance'], 'budget_started_at'>
}

interface Spent {
  /** Of the period, in milliseconds since the epoch. Money of another period is forgotten. */
  since: number
  dollars: number
}

const GROUPS: Readonly<Record<Scope['kind'], SpendGroup>> = {
  api_key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
}

/**
 * Takes up what the books say of those who may spend, each from the beginning of its period on. From
 * then on all is kept in memory: the sums are asked for every call.
 */
export async function openSpending(
  books: Pick<Books, 'spendSums'>,
  spenders: readonly Spender[],
): Promise<Spending> {
  const spent = new Map<string, Spent>()

  function entryOf(spender: Spender): Spent {
    const name = nameOf(spender)
    const since = spender.allowance.budget_started_at
    const found = spent.get(name)
    if (found?.since === since) return found
    const begun = { since, dollars: 0 }
    spent.set(name, begun)
    return begun
  }

  for (const [kind, group] of Object.entries(GROUPS)) {
    const ofKind = spenders.filter((spender) => spender.kind === kind)
    // Periods follow the calendar, so that there are few different beginnings.
    for (const [since, those] of Map.groupBy(ofKind, startOf)) {
      const sums = await books.spendSums([group], { since: since / 1000 })
      const byId = new Map(sums.map(({ by, spend }) => [by[0] ?? '', spend]))
      for (const spender of those) entryOf(spender).dollars = byId.get(spender.id) ?? 0
    }
  }

  return {
    spentBy(spender) {
      const found = spent.get(nameOf(spender))
      return found?.since === spender.allowance.budget_started_at ? found.dollars : 0
    },
    charge(spender, dollars) {
      // A call that began in a period which is over by now belongs to that one.
      const current = spent.get(nameOf(spender))?.since ?? -Infinity
      if (spender.allowance.budget_started_at >= current) entryOf(spender).dollars += dollars
    },
  }
}

function startOf({ allowance }: Spender): number {
  return allowance.budget_started_at
}
