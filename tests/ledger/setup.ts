import type { Books, RecordKind, StoredRecord } from '../../src/trace/index.ts'

type LedgerBooks = Pick<Books, 'records' | 'putRecords'>

export interface TestBooks extends LedgerBooks {
  readonly kept: Map<string, string>
  /** Makes the next commits fail. */
  fail: boolean
  /** What was committed, in order, as `kind:id`. */
  readonly log: string[]
}

/** Books in memory, which commit a moment later than they are asked to. */
export function testBooks(
  records: readonly (StoredRecord & { kind: RecordKind })[] = [],
): TestBooks {
  const kept = new Map(records.map(({ kind, id, body }) => [`${kind}:${id}`, body]))
  const books: TestBooks = {
    kept,
    fail: false,
    log: [],
    async records(kind) {
      const own = [...kept].filter(([name]) => name.startsWith(`${kind}:`))
      return own.map(([name, body]) => ({ id: name.slice(kind.length + 1), body }))
    },
    async putRecords(kind, changes) {
      await new Promise((resolve) => setImmediate(resolve))
      if (books.fail) throw new Error('the disk is full')
      for (const { id, body } of changes) {
        books.log.push(`${kind}:${id}`)
        if (body === null) kept.delete(`${kind}:${id}`)
        else kept.set(`${kind}:${id}`, body)
      }
    },
  }
  return books
}
