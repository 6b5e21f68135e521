import { GatewayError } from '../errors/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import type { Books, RecordKind, StoredRecord } from '../trace/index.ts'
import type { Logger } from '../util/log.ts'
import { inPeriod } from './budget-period.ts'
import { createChanges, type Changes } from './changes.ts'
import {
  budgetOf,
  configuredKey,
  withLimitsOf,
  type ConfiguredBudget,
  type ConfiguredKey,
  type ConfiguredKeys,
} from './configured-keys.ts'
import { createKeyShelf } from './key-shelf.ts'
import { hashOfSent } from './key-text.ts'
import { blankAllowance } from './new-key.ts'
import { parsed } from './parsed.ts'
import type { Allowance, Identity, Team, User, VirtualKey } from './records.ts'
import { createShelf, type OwnShelf, type Shelf } from './shelf.ts'
import { readKey, readTeam, readUser } from './stored.ts'
import { refuseUnusable } from './usable.ts'

/** Who may call: keys, users and teams, those of the store and the keys of the configuration. */
export interface Ledger {
  /** Those that were made at run time. */
  readonly keys: Shelf<VirtualKey>
  readonly users: Shelf<User>
  readonly teams: Shelf<Team>
  /** A key by its hash, wherever it was made, with what the configuration has for its alias. */
  keyOf(hash: string): VirtualKey | undefined
  /** Every key there is, with what the configuration has for its alias. */
  allKeys(): readonly VirtualKey[]
  keyWithAlias(alias: string): VirtualKey | undefined
  /**
   * Whose the first known key is, of those that a request carries, as its headers say them; null when
   * none is known. What was committed counts at once.
   *
   * @throws {GatewayError} `key_blocked`, `key_expired`
   */
  identify(sent: readonly string[]): Identity | null
  /** True for the text of a key, valid or not, as a header says it. */
  knows(sent: string): boolean
  /**
   * Changes records: `work` says what, seeing nothing that is not committed. It is committed before it takes effect, and one
   * change after the other.
   *
   * @throws {GatewayError} what `work` throws, `already_there`, or that of a store that cannot commit;
   * then nothing has changed
   */
  change<T>(work: (changes: Changes) => T): Promise<T>
  /** What all calls together may cost; null where there is no such budget. */
  readonly everybody: Allowance | null
  /** Takes on the keys of a configuration, in place of those of the last one. */
  configure(keys: ConfiguredKeys, everybody?: ConfiguredBudget): void
}

export interface LedgerOptions {
  readonly log: Pick<Logger, 'warn'>
  /** Keys that stand in the configuration. */
  readonly configured?: ConfiguredKeys
  /** What all calls together may cost. */
  readonly everybody?: ConfiguredBudget
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Opens what the store knows. A record that cannot be read is left out, with a warning that names it. */
export async function openLedger(
  books: Pick<Books, 'records' | 'putRecords'>,
  options: LedgerOptions,
): Promise<Ledger> {
  return createLedger(books, options, {
    key: await books.records('key'),
    user: await books.records('user'),
    team: await books.records('team'),
  })
}

/** A ledger over these records; empty without. */
export function createLedger(
  books: Pick<Books, 'putRecords'>,
  { log, configured = {}, everybody = {}, now = Date.now }: LedgerOptions,
  stored: Partial<Record<RecordKind, readonly StoredRecord[]>> = {},
): Ledger {
  const keys = createKeyShelf(now)
  const users = createShelf<User>(now)
  const teams = createShelf<Team>(now)
  const fixed = createShelf<VirtualKey>(now)
  let byName: ReadonlyMap<string, ConfiguredKey> = new Map()
  let forAll: Allowance | null = null

  function find(sent: string): VirtualKey | undefined {
    if (keys.size === 0 && fixed.size === 0) return undefined
    const hash = hashOfSent(sent)
    // An entry of the configuration that is a key's alias says what that one may use; it opens nothing.
    return keys.get(hash) ?? (keys.withAlias(sent) ? undefined : fixed.get(hash))
  }

  function withLimits(key: VirtualKey): VirtualKey {
    const said = key.key_alias === null ? undefined : byName.get(key.key_alias)
    return said && key.origin === 'api' ? withLimitsOf(said, key, now()) : key
  }

  function configure(entries: ConfiguredKeys, budget: ConfiguredBudget = {}): void {
    forAll =
      budget.max_budget === undefined ? null : { ...blankAllowance(0), ...budgetOf(budget, now()) }
    for (const { token } of fixed.list()) fixed.remove(token)
    byName = new Map(Object.entries(entries))
    for (const [text, said] of byName) {
      const key = configuredKey(text, said, now())
      fixed.put(key.token, key)
    }
  }

  const loadInto = <T extends Allowance>(
    kind: RecordKind,
    shelf: OwnShelf<T>,
    read: (body: JsonObject) => T,
  ): void => {
    for (const { id, body } of stored[kind] ?? []) {
      try {
        shelf.put(id, read(parsed(body)))
      } catch (thrown) {
        const why = thrown instanceof GatewayError ? thrown.message : 'it is no JSON'
        log.warn({ kind, id, why }, 'a record of the store cannot be read and is left out')
      }
    }
  }
  loadInto('key', keys, readKey)
  loadInto('user', users, readUser)
  loadInto('team', teams, readTeam)
  configure(configured, everybody)

  return {
    keys,
    users,
    teams,
    get everybody() {
      return forAll && (forAll = inPeriod(forAll, now()))
    },
    keyOf(hash) {
      const key = keys.get(hash)
      return key ? withLimits(key) : fixed.get(hash)
    },
    allKeys: () => [...fixed.list(), ...keys.list().map(withLimits)],
    keyWithAlias: (alias) => keys.withAlias(alias),
    identify(sent) {
      for (const text of sent) {
        const found = find(text)
        if (!found) continue
        const key = withLimits(found)
        const user = key.user_id === null ? null : (users.get(key.user_id) ?? null)
        const team = key.team_id === null ? null : (teams.get(key.team_id) ?? null)
        refuseUnusable({ key, user, team }, now())
        return { role: 'key', key, user, team }
      }
      return null
    },
    knows: (sent) => find(sent) !== undefined,
    change: createChanges(books, { keys, users, teams, fixed }),
    configure,
  }
}
