import type { DatabaseSync } from 'node:sqlite'
import { CALL_COLUMNS } from './jobs.ts'
import { prepareBooks } from './write-books.ts'

export type WriteStatements = ReturnType<typeof prepareWrites>

/** Every statement of the call path, prepared once for a connection. */
export function prepareWrites(db: DatabaseSync) {
  const columns = CALL_COLUMNS.join(', ')
  const marks = CALL_COLUMNS.map(() => '?').join(', ')
  const changes = CALL_COLUMNS.map((column) => `${column} = ?`).join(', ')
  return {
    findSession: db.prepare('SELECT key, first_call FROM sessions WHERE id = ?'),
    insertSession: db.prepare('INSERT INTO sessions (key, id) VALUES (?, ?)'),
    firstTurn: db.prepare('UPDATE sessions SET first_call = ?, first_at = ? WHERE key = ?'),
    putSession: db.prepare(
      `UPDATE sessions SET created_at = ?, metadata = ifnull(?, metadata),
       sampling_params = ifnull(?, sampling_params) WHERE key = ?`,
    ),
    lastTurn: db.prepare('SELECT ifnull(max(seq), 0) AS seq FROM turns WHERE session = ?'),
    recentIds: db.prepare(
      `SELECT c.ids FROM turns t JOIN calls c ON c.key = t.call
       WHERE t.session = ? AND c.session = t.session AND c.ids IS NOT NULL ORDER BY t.seq DESC LIMIT 1`,
    ),
    insertTurn: db.prepare('INSERT INTO turns (session, seq, call) VALUES (?, ?, ?)'),
    deleteTurn: db.prepare('DELETE FROM turns WHERE session = ? AND seq = ?'),
    findCall: db.prepare(
      'SELECT key, session, seq, others, received, ids FROM calls WHERE trace_id = ?',
    ),
    insertCall: db.prepare(
      `INSERT INTO calls (key, trace_id, session, seq, others, received, intent, ${columns})
       VALUES (?, ?, ?, ?, ?, ?, ?, ${marks})`,
    ),
    saveCall: db.prepare(
      `UPDATE calls SET intent = NULL, received = ?, sent = ?, messages = ?, ids = ?, ${changes}
       WHERE key = ?`,
    ),
    moveCall: db.prepare('UPDATE calls SET session = ?, seq = ?, others = ? WHERE key = ?'),
    putPayload: db.prepare('INSERT OR REPLACE INTO payloads (call, body) VALUES (?, ?)'),
    insertChain: db.prepare(
      'INSERT INTO chains (key, session, parent, prefix, runs, body) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    findPart: db.prepare('SELECT key FROM parts WHERE hash = ?'),
    insertPart: db.prepare('INSERT INTO parts (key, hash, body) VALUES (?, ?, ?)'),
    insertPartRef: db.prepare('INSERT OR IGNORE INTO part_refs (session, part) VALUES (?, ?)'),
    ...prepareBooks(db),
    ...prepareMoves(db),
    ...prepareDeletes(db),
  }
}

function prepareMoves(db: DatabaseSync) {
  return {
    listsOfCall: db.prepare('SELECT received, sent, messages, ids FROM calls WHERE key = ?'),
    putLists: db.prepare(
      'UPDATE calls SET received = ?, sent = ?, messages = ?, ids = ? WHERE key = ?',
    ),
    runsOfChain: db.prepare('SELECT runs FROM chains WHERE key = ?'),
    timestampOfCall: db.prepare('SELECT timestamp FROM calls WHERE key = ?'),
  }
}

function prepareDeletes(db: DatabaseSync) {
  return {
    clearSession: db.prepare(
      'UPDATE sessions SET created_at = NULL, metadata = NULL, sampling_params = NULL WHERE key = ?',
    ),
    endedCalls: db.prepare(
      `SELECT c.key, c.trace_id, c.session, c.seq, c.others, c.received, c.ids
       FROM turns t JOIN calls c ON c.key = t.call
       WHERE t.session = ? AND t.call <= ? AND c.status <> 'pending' LIMIT ?`,
    ),
    linkedCalls: db.prepare(
      `SELECT DISTINCT c.key FROM turns t JOIN calls c ON c.key = t.call
       JOIN chains l ON l.key IN (c.received, c.sent, c.messages, c.ids)
       WHERE t.session = ?1 AND c.session = ?1 AND l.parent IS NOT NULL`,
    ),
    deletePayload: db.prepare('DELETE FROM payloads WHERE call = ?'),
    deleteCall: db.prepare('DELETE FROM calls WHERE key = ?'),
    deleteChains: db.prepare(
      `DELETE FROM chains WHERE key IN (
         SELECT key FROM chains WHERE session = ? AND key NOT IN (
           SELECT l.key FROM turns t JOIN calls c ON c.key = t.call
           JOIN chains l ON l.key IN (c.received, c.sent, c.messages, c.ids) WHERE t.session = ?
         ) LIMIT ?)`,
    ),
    bodiesOfSession: db.prepare('SELECT key FROM chains WHERE session = ? AND runs IS NOT NULL'),
    partRefs: db.prepare('SELECT part FROM part_refs WHERE session = ?'),
    deletePartRef: db.prepare('DELETE FROM part_refs WHERE session = ? AND part = ?'),
    deletePart: db.prepare(
      'DELETE FROM parts WHERE key = ? AND NOT EXISTS (SELECT 1 FROM part_refs WHERE part = ?)',
    ),
    oldestTurn: db.prepare(
      `SELECT t.call, c.timestamp FROM turns t JOIN calls c ON c.key = t.call
       WHERE t.session = ? ORDER BY t.seq LIMIT 1`,
    ),
    deleteSession: db.prepare('DELETE FROM sessions WHERE key = ?'),
  }
}
