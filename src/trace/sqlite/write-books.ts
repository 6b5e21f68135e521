import type { DatabaseSync } from 'node:sqlite'
import type { Cell, RecordsJob } from './jobs.ts'
import { SPEND_COLUMNS } from './spend-columns.ts'
import { textKey } from './text-key.ts'
import type { WriterState } from './writer-state.ts'

export function prepareBooks(db: DatabaseSync) {
  const marks = SPEND_COLUMNS.map(() => '?').join(', ')
  return {
    putSpend: db.prepare(
      `INSERT OR REPLACE INTO spend (${SPEND_COLUMNS.join(', ')}) VALUES (${marks})`,
    ),
    forgetSession: db.prepare(
      `UPDATE spend SET session_id = '' WHERE request_id = ? AND session_id = ?`,
    ),
    putRecord: db.prepare('INSERT OR REPLACE INTO records (kind, id, body) VALUES (?, ?, ?)'),
    deleteRecord: db.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
  }
}

/** Keeps what a call cost, in place of what was kept for it before. */
export function putSpend({ sql }: WriterState, cells: readonly Cell[]): void {
  sql.putSpend.run(...cells)
}

/** What a call cost stays when its session is deleted; whose session it was does not. */
export function forgetSession({ sql }: WriterState, trace: string, session: string): void {
  sql.forgetSession.run(textKey(trace), textKey(session))
}

export function putRecords({ sql }: WriterState, { kind, records }: RecordsJob): void {
  for (const { id, body } of records) {
    if (body === null) sql.deleteRecord.run(kind, textKey(id))
    else sql.putRecord.run(kind, textKey(id), textKey(body))
  }
}
