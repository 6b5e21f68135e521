import { GatewayError } from '../errors/index.ts'
import type { Books, RecordKind } from '../trace/index.ts'
import type { KeyShelf } from './key-shelf.ts'
import type { Allowance, Team, User, VirtualKey } from './records.ts'
import type { OwnShelf } from './shelf.ts'

/** What is to become of records, all of it together. */
export interface Changes {
  /** @throws {GatewayError} `already_there` */
  addKey(key: VirtualKey): void
  addUser(user: User): void
  addTeam(team: Team): void
  putKey(key: VirtualKey): void
  putUser(user: User): void
  putTeam(team: Team): void
  removeKey(token: string): void
  removeUser(id: string): void
  removeTeam(id: string): void
}

/** What the ledger has, and what the configuration has beside it. */
interface Shelves {
  readonly keys: KeyShelf
  readonly users: OwnShelf<User>
  readonly teams: OwnShelf<Team>
  readonly fixed: OwnShelf<VirtualKey>
}

interface Planned {
  readonly key: Map<string, VirtualKey | null>
  readonly user: Map<string, User | null>
  readonly team: Map<string, Team | null>
}

/**
 * Makes changes one after the other, each committed before it takes effect. Those of keys come first: a
 * failure between two kinds leaves no key behind whose team or user is gone.
 */
export function createChanges(
  books: Pick<Books, 'putRecords'>,
  shelves: Shelves,
): <T>(work: (changes: Changes) => T) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()

  async function make<T>(work: (changes: Changes) => T): Promise<T> {
    const planned: Planned = { key: new Map(), user: new Map(), team: new Map() }
    const result = work(changesOf(planned, shelves))
    refuseSecondAlias(planned.key, shelves)
    await commit('key', planned.key, shelves.keys)
    await commit('user', planned.user, shelves.users)
    await commit('team', planned.team, shelves.teams)
    return result
  }

  async function commit<T extends Allowance>(
    kind: RecordKind,
    records: ReadonlyMap<string, T | null>,
    shelf: OwnShelf<T>,
  ): Promise<void> {
    if (records.size === 0) return
    const rows = [...records].map(([id, record]) => ({
      id,
      body: record === null ? null : JSON.stringify(record),
    }))
    await books.putRecords(kind, rows)
    for (const [id, record] of records) {
      if (record) shelf.put(id, record)
      else shelf.remove(id)
    }
  }

  return (work) => {
    const made = last.then(() => make(work))
    last = made.catch(() => {}) // Whoever asked for it hears of it.
    return made
  }
}

function changesOf({ key, user, team }: Planned, shelves: Shelves): Changes {
  return {
    addKey(record) {
      const { token } = record
      if (shelves.keys.get(token) ?? shelves.fixed.get(token)) throw taken('key', 'this key')
      key.set(token, record)
    },
    addUser(record) {
      if (shelves.users.get(record.user_id)) throw taken('user_id', `user ${record.user_id}`)
      user.set(record.user_id, record)
    },
    addTeam(record) {
      if (shelves.teams.get(record.team_id)) throw taken('team_id', `team ${record.team_id}`)
      team.set(record.team_id, record)
    },
    putKey: (record) => void key.set(record.token, record),
    putUser: (record) => void user.set(record.user_id, record),
    putTeam: (record) => void team.set(record.team_id, record),
    removeKey: (token) => void key.set(token, null),
    removeUser: (id) => void user.set(id, null),
    removeTeam: (id) => void team.set(id, null),
  }
}

/** Aliases stand for their keys where keys are deleted and limited, so that no two may have the same. */
function refuseSecondAlias(keys: Planned['key'], { keys: shelf }: Shelves): void {
  for (const record of keys.values()) {
    const alias = record?.key_alias ?? null
    if (record === null || alias === null) continue
    const holder = shelf.withAlias(alias)?.token
    if (holder === undefined || holder === record.token || keys.get(holder) === null) continue
    throw taken('key_alias', `a key with the alias ${alias}`)
  }
}

function taken(param: string, what: string): GatewayError {
  // LiteLLM's status for it, which its clients know.
  return new GatewayError('already_there', { status: 400, param, detail: what })
}
