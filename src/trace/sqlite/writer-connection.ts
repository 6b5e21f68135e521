import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { SqliteOptions } from './options.ts'
import { createTables, inspectFile, numberOf, textOf, upgradeTables } from './schema.ts'

/** SQLite's numbers for `PRAGMA synchronous`. */
export const LEVELS = { off: 0, normal: 1, full: 2 } as const

/**
 * Opens the one connection that writes. What a connection forgets when it is closed is set and read
 * back each time: `synchronous` is not stored in the file.
 * @throws {Error} when the file is not ours or does not do as it is told.
 */
export function openConnection(options: SqliteOptions): DatabaseSync {
  const db = new DatabaseSync(options.path, { timeout: options.busyTimeoutMs })
  try {
    const kind = inspectFile(db)
    const mode = textOf(db, 'PRAGMA journal_mode = WAL')
    if (mode !== 'wal') throw new Error(`write-ahead logging cannot be used (journal mode ${mode})`)
    const level = LEVELS[options.synchronous]
    // Checkpoints are ours: the automatic ones run inside somebody's commit.
    db.exec(`PRAGMA synchronous = ${level}; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000`)
    const applied = numberOf(db, 'PRAGMA synchronous')
    if (applied !== level) throw new Error(`synchronous is ${applied} where ${level} was asked for`)
    if (kind === 'new') createTables(db)
    else upgradeTables(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Which file a path leads to right now. Empty when there is none. */
export function fileIdentity(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}` : ''
}
