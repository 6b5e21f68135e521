import type { Books } from '../spend.ts'
import type { Job } from './jobs.ts'
import type { ReadRequest } from './reader-thread.ts'
import { spendCells } from './spend-columns.ts'

export interface BooksParts {
  /** Commits a job. */
  readonly write: (job: Job) => Promise<unknown>
  readonly read: <T>(request: ReadRequest) => Promise<T>
}

/** The books in the file of the traces: written by the one thread, read by the other. */
export function createBooks({ write, read }: BooksParts): Books {
  return {
    async charge(row) {
      await write({ op: 'charge', spend: spendCells(row) })
    },
    spendRows: async (query) => read({ ask: 'spendRows', query }),
    spendSums: async (by, query) => read({ ask: 'spendSums', by, query }),
    records: async (kind) => read({ ask: 'records', kind }),
    async putRecords(kind, records) {
      if (records.length > 0) await write({ op: 'records', kind, records })
    },
  }
}
