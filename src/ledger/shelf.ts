import { inPeriod } from './budget-period.ts'
import type { Allowance } from './records.ts'

/** Records of one kind, by their ids. Budgets are in the period of the moment they are read in. */
export interface Shelf<T extends Allowance> {
  readonly size: number
  get(id: string): T | undefined
  /** In the order they were made. */
  list(): readonly T[]
}

/** A shelf that its owner fills. */
export interface OwnShelf<T extends Allowance> extends Shelf<T> {
  put(id: string, record: T): void
  remove(id: string): void
}

export function createShelf<T extends Allowance>(now: () => number): OwnShelf<T> {
  const records = new Map<string, T>()
  function current(id: string, record: T): T {
    const rolled = inPeriod(record, now())
    if (rolled !== record) records.set(id, rolled)
    return rolled
  }
  return {
    get size() {
      return records.size
    },
    get(id) {
      const record = records.get(id)
      return record && current(id, record)
    },
    list: () =>
      [...records]
        .map(([id, record]) => current(id, record))
        .toSorted((a, b) => a.created_at - b.created_at),
    put: (id, record) => void records.set(id, record),
    remove: (id) => void records.delete(id),
  }
}
