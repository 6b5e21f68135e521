import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { withoutNoise } from '../../util/without-noise.ts'
import type {
  RecordKind,
  SpendGroup,
  SpendQuery,
  SpendRow,
  SpendSum,
  StoredRecord,
} from '../spend.ts'
import { readSpend, SPEND_COLUMNS, type SpendRecord } from './spend-columns.ts'
import { readTextKey, textKey } from './text-key.ts'

const NO_LIMIT = -1

/** What each group is in SQL. Seconds are cut off first, for SQLite would round up into the next day. */
const GROUPS: Readonly<Record<SpendGroup, string>> = {
  day: `date(CAST(started_at AS INTEGER), 'unixepoch')`,
  key_hash: 'key_hash',
  user_id: 'user_id',
  team_id: 'team_id',
  end_user: 'end_user',
  model: 'model',
  model_group: 'model_group',
  provider: 'provider',
  tag: 'tag.value',
}

/** Answers questions about the books. */
export class BooksReader {
  readonly #db: DatabaseSync
  readonly #records: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#records = db.prepare('SELECT id, body FROM records WHERE kind = ? ORDER BY id')
  }

  rows(query: SpendQuery): SpendRow[] {
    const { sql, values } = whereOf(query)
    const rows = this.#db
      .prepare(
        `SELECT ${SPEND_COLUMNS.join(', ')} FROM spend ${sql}
         ORDER BY started_at DESC, key DESC LIMIT ?`,
      )
      .all(...values, query.limit ?? NO_LIMIT)
    return (rows as SpendRecord[]).map(readSpend)
  }

  /** Sums are of floating point: of whole numbers they would fail where they become too large. */
  sums(by: readonly SpendGroup[], query: SpendQuery): SpendSum[] {
    const { sql, values } = whereOf(query)
    const names = by.map((group) => `ifnull(${GROUPS[group]}, '')`)
    const day = by.indexOf('day')
    const from = by.includes('tag') ? 'spend, json_each(spend.tags) AS tag' : 'spend'
    const rows = this.#db
      .prepare(
        `SELECT ${names.map((name, at) => `${name} AS g${at}, `).join('')}
           total(spend) AS spend, count(*) AS calls, total(prompt_tokens) AS prompt_tokens,
           total(completion_tokens) AS completion_tokens
         FROM ${from} ${sql} ${by.length > 0 ? `GROUP BY ${names.join(', ')}` : 'HAVING count(*) > 0'}
         ORDER BY ${day < 0 ? '' : `g${day}, `} spend DESC, min(spend.key) LIMIT ?`,
      )
      .all(...values, query.limit ?? NO_LIMIT)
    return rows.map((row) => ({
      by: by.map((_, at) => readTextKey(row[`g${at}`] as string)),
      spend: withoutNoise(row['spend'] as number),
      calls: row['calls'] as number,
      prompt_tokens: row['prompt_tokens'] as number,
      completion_tokens: row['completion_tokens'] as number,
    }))
  }

  records(kind: RecordKind): StoredRecord[] {
    const rows = this.#records.all(kind) as unknown as StoredRecord[]
    return rows.map(({ id, body }) => ({ id: readTextKey(id), body: readTextKey(body) }))
  }
}

/** Only what is asked for stands in the condition, so that SQLite can find an index for it. */
function whereOf(query: SpendQuery): {
  readonly sql: string
  readonly values: (string | number)[]
} {
  const { since, until, request_id, key_hash, user_id, team_id } = query
  const conditions: string[] = []
  const values: (string | number)[] = []
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(typeof value === 'string' ? textKey(value) : value)
  }
  add('started_at >= ?', since)
  add('started_at < ?', until)
  add('request_id = ?', request_id)
  add('key_hash = ?', key_hash)
  add('user_id = ?', user_id)
  add('team_id = ?', team_id)
  return { sql: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values }
}
