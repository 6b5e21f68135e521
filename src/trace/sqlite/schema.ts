import type { DatabaseSync } from 'node:sqlite'
import { BOOKS } from './spend-schema.ts'

/** "SLUI": marks the file as ours, for us and for `file(1)`. */
export const APPLICATION_ID = 0x53_4c_55_49
/**
 * 2: lists of logprob entries are stored on their side; traces of 1 are read as they are. 3: the books,
 * which know nothing of calls from before.
 */
export const SCHEMA_VERSION = 3
const FIRST_WITH_BOOKS = 3

/** Below it, a write-ahead log being reset while another connection reads can lose commits. */
const OLDEST_SQLITE = [3, 51, 3]

/**
 * `calls` is what lists show, and nothing of a payload. `turns` numbers calls in their sessions.
 * `chains` are lists of numbers, each a prefix of its parent and a rest: token ids, and the parts that
 * make up a body. `parts` are pieces of bodies, once for all sessions; `part_refs` says who needs them.
 */
const TABLES = `
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at REAL, metadata TEXT,
    sampling_params TEXT, first_call INTEGER, first_at REAL
  ) STRICT;
  CREATE INDEX sessions_first_call ON sessions (first_call);

  CREATE TABLE calls (
    key INTEGER PRIMARY KEY, trace_id ANY NOT NULL UNIQUE, session INTEGER NOT NULL,
    seq INTEGER NOT NULL, others TEXT, status TEXT NOT NULL, reason TEXT, model TEXT NOT NULL,
    dialect TEXT NOT NULL, streaming INTEGER NOT NULL, finish_reason TEXT, prompt_tokens REAL,
    completion_tokens REAL, latency_ms REAL, ttft_ms REAL, timestamp REAL NOT NULL, upstream TEXT,
    simulated INTEGER NOT NULL, intent TEXT, received INTEGER NOT NULL, sent INTEGER,
    messages INTEGER, ids INTEGER
  ) STRICT;
  CREATE INDEX calls_pending ON calls (key) WHERE status = 'pending';

  CREATE TABLE turns (
    session INTEGER NOT NULL, seq INTEGER NOT NULL, call INTEGER NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE payloads (call INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

  CREATE TABLE chains (
    key INTEGER PRIMARY KEY, session INTEGER NOT NULL, parent INTEGER, prefix INTEGER NOT NULL,
    runs BLOB, body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX chains_session ON chains (session);

  CREATE TABLE parts (key INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body BLOB NOT NULL) STRICT;
  CREATE TABLE part_refs (
    session INTEGER NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (session, part)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX part_refs_part ON part_refs (part);
`

/**
 * Looks at a file before anything in it is touched.
 * @throws {Error} with one line that says why this file cannot be used.
 */
export function inspectFile(db: DatabaseSync): 'new' | 'ours' {
  assertSqliteVersion(textOf(db, 'SELECT sqlite_version()'))
  const application = numberOf(db, 'PRAGMA application_id')
  const version = numberOf(db, 'PRAGMA user_version')
  const tables = numberOf(db, 'SELECT count(*) FROM sqlite_schema')
  if (application === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return 'ours'
    throw new Error(`it has schema ${version}; this gateway knows schemas up to ${SCHEMA_VERSION}`)
  }
  if (application === 0 && tables === 0) return 'new'
  throw new Error('it is a database of another program')
}

/** One transaction: a process killed in the middle leaves an empty file, which is claimed again. */
export function createTables(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE; ${TABLES} ${BOOKS}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
}

/**
 * Brings an older file up to date and marks it, before anything is written that an older gateway would
 * misread. One transaction: a process killed in the middle leaves the file as it was.
 */
export function upgradeTables(db: DatabaseSync): void {
  const version = numberOf(db, 'PRAGMA user_version')
  if (version >= SCHEMA_VERSION) return
  const missing = version < FIRST_WITH_BOOKS ? BOOKS : ''
  db.exec(`BEGIN IMMEDIATE; ${missing} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
}

/** @throws {Error} for a SQLite older than 3.51.3. */
export function assertSqliteVersion(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [oldMajor = 0, oldMinor = 0, oldPatch = 0] = OLDEST_SQLITE
  const age = major - oldMajor || minor - oldMinor || patch - oldPatch
  if (age < 0) {
    throw new Error(
      `SQLite ${version} can lose commits; ${OLDEST_SQLITE.join('.')} or newer is needed`,
    )
  }
}

export function numberOf(db: DatabaseSync, sql: string): number {
  return Number(firstOf(db, sql))
}

export function textOf(db: DatabaseSync, sql: string): string {
  return String(firstOf(db, sql))
}

function firstOf(db: DatabaseSync, sql: string): unknown {
  return Object.values(db.prepare(sql).get() ?? {})[0]
}
