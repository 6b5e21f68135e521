import { withoutNoise } from '../util/without-noise.ts'
import { dayOf } from './spend-day.ts'
import type {
  Books,
  RecordKind,
  SpendGroup,
  SpendQuery,
  SpendRow,
  SpendSum,
  StoredRecord,
} from './spend.ts'

type Sum = { -readonly [Key in keyof SpendSum]: SpendSum[Key] }

export interface MemoryBooks extends Books {
  /** Keeps a row in place of the one for the same call. */
  put(row: SpendRow): void
  /** What a session's calls cost stays when it is deleted; whose session it was does not. */
  forgetSession(session: string): void
}

/** Books that live as long as this process. */
export function createMemoryBooks(): MemoryBooks {
  const rows = new Map<string, SpendRow>()
  const records: Readonly<Record<RecordKind, Map<string, StoredRecord>>> = {
    key: new Map(),
    user: new Map(),
    team: new Map(),
  }

  function put(row: SpendRow): void {
    const name = JSON.stringify([row.request_id, row.started_at])
    // What is replaced becomes the newest.
    rows.delete(name)
    rows.set(name, row)
  }

  function find(query: SpendQuery): SpendRow[] {
    return [...rows.values()].filter((row) => matches(row, query))
  }

  return {
    put,
    forgetSession(session) {
      for (const [name, row] of rows) {
        if (row.session_id === session) rows.set(name, { ...row, session_id: '' })
      }
    },
    charge: async (row) => put(row),

    async spendRows(query) {
      const newest = find(query)
        .toReversed()
        .toSorted((a, b) => b.started_at - a.started_at)
      return newest.slice(0, query.limit)
    },

    async spendSums(by, query) {
      const sums = new Map<string, Sum>()
      for (const row of by.includes('tag') ? find(query).flatMap(eachTag) : find(query)) {
        const names = by.map((group) => GROUPS[group](row))
        const key = JSON.stringify(names)
        let sum = sums.get(key)
        if (!sum) {
          sum = { by: names, spend: 0, calls: 0, prompt_tokens: 0, completion_tokens: 0 }
          sums.set(key, sum)
        }
        sum.spend += row.spend
        sum.calls++
        sum.prompt_tokens += row.prompt_tokens
        sum.completion_tokens += row.completion_tokens
      }
      const day = by.indexOf('day')
      const ordered = [...sums.values()].toSorted(
        (a, b) => compare(a.by[day] ?? '', b.by[day] ?? '') || b.spend - a.spend,
      )
      return ordered
        .slice(0, query.limit)
        .map((sum) => ({ ...sum, spend: withoutNoise(sum.spend) }))
    },

    records: async (kind) => [...records[kind].values()].toSorted((a, b) => compare(a.id, b.id)),

    async putRecords(kind, changes) {
      for (const { id, body } of changes) {
        if (body === null) records[kind].delete(id)
        else records[kind].set(id, { id, body })
      }
    },
  }
}

const GROUPS: Readonly<Record<SpendGroup, (row: SpendRow) => string>> = {
  day: ({ started_at }) => dayOf(started_at),
  key_hash: ({ caller }) => caller?.key_hash ?? '',
  user_id: ({ caller }) => caller?.user_id ?? '',
  team_id: ({ caller }) => caller?.team_id ?? '',
  end_user: ({ caller }) => caller?.end_user ?? '',
  model: ({ model }) => model,
  model_group: (row) => row.model_group,
  provider: ({ provider }) => provider,
  tag: ({ tags: [tag = ''] }) => tag,
}

/** The row once for each of its tags, with only that. */
function eachTag(row: SpendRow): SpendRow[] {
  return row.tags.map((tag) => ({ ...row, tags: [tag] }))
}

function matches(row: SpendRow, query: SpendQuery): boolean {
  const { since = -Infinity, until = Infinity, request_id, key_hash, user_id, team_id } = query
  const { caller } = row
  return (
    row.started_at >= since &&
    row.started_at < until &&
    (request_id === undefined || row.request_id === request_id) &&
    (key_hash === undefined || caller?.key_hash === key_hash) &&
    (user_id === undefined || caller?.user_id === user_id) &&
    (team_id === undefined || caller?.team_id === team_id)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
