import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { failureOf, isBusy, isDatabaseFault } from './failure.ts'
import type { DeleteStep, Job, JobResult } from './jobs.ts'
import type { Failpoint, SqliteOptions } from './options.ts'
import { putRecords, putSpend } from './write-books.ts'
import { beginCall, saveCall } from './write-call.ts'
import { deleteStep, putSession } from './write-session.ts'
import { fileIdentity, LEVELS, openConnection } from './writer-connection.ts'
import { WriterState } from './writer-state.ts'

interface Open {
  readonly db: DatabaseSync
  readonly state: WriterState
  /** How far the log is copied into the file; copies nothing itself. */
  readonly progress: StatementSync
}

/** Bytes in a page of the file. */
const PAGE = 4096

/** Owns the only connection that writes. Opens it again after the disk failed under it. */
export class Writer {
  readonly #options: SqliteOptions
  #open: Open | null = null
  #last: WriterState['last'] | undefined
  #identity = ''
  /** What the open connection's `synchronous` is set to. */
  #level: number | null = null
  #skips: number

  constructor(options: SqliteOptions) {
    this.#options = options
    this.#skips = options.failpointSkips ?? 0
  }

  /** Opens the file and returns how many calls a dead process had left under way. */
  open(): number {
    const { db } = this.#connect()
    return Number(
      db
        .prepare(
          `UPDATE calls SET status = 'interrupted', reason = 'process_died' WHERE status = 'pending'`,
        )
        .run().changes,
    )
  }

  /**
   * Commits jobs together. The answer is null when all went well and none has a result. A bad job is
   * answered with its failure and leaves no trace; the others are committed.
   * @throws what SQLite throws when nothing could be committed.
   */
  commit(jobs: readonly Job[], patienceMs: number): JobResult[] | null {
    this.#assertSameFile()
    const { db, state } = this.#open ?? this.#connect()
    try {
      this.#syncAs(db, jobs)
      this.#begin(db, patienceMs)
      const results = this.#runAll(db, state, jobs)
      this.#die('before_commit')
      db.exec('COMMIT')
      this.#die('after_commit')
      return results
    } catch (error) {
      this.#abandon(error)
      throw error
    }
  }

  /** Bytes in the write-ahead log that are not yet in the file. */
  get logBytes(): number {
    if (!this.#open) return 0
    const { log, checkpointed } = this.#open.progress.get() as Record<string, number>
    return Math.max(0, (log ?? 0) - (checkpointed ?? 0)) * PAGE
  }

  /** Copies what it can without waiting for readers. */
  checkpoint(): void {
    if (!this.#open) return
    this.#open.db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    this.#die('mid_checkpoint')
  }

  /** Copies everything and empties the log, unless a reader is using it just now. */
  truncate(): void {
    if (!this.#open) return
    this.checkpoint()
    this.#open.db.exec('PRAGMA busy_timeout = 0')
    this.#open.db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#open.db.exec(`PRAGMA busy_timeout = ${this.#options.busyTimeoutMs}`)
  }

  close(): void {
    this.#open?.db.close()
    this.#open = null
  }

  #connect(): Open {
    const db = openConnection(this.#options)
    this.#identity ||= fileIdentity(this.#options.path)
    this.#level = LEVELS[this.#options.synchronous]
    const state = new WriterState(db, this.#options.keyframeEvery ?? 64, this.#last)
    this.#last = state.last
    const progress = db.prepare('PRAGMA wal_checkpoint(NOOP)')
    return (this.#open = { db, state, progress })
  }

  /**
   * A batch of intents alone need not wait for the disk: a log that is synced for the next trace is
   * synced with all that stands in it before.
   */
  #syncAs(db: DatabaseSync, jobs: readonly Job[]): void {
    const { synchronous, intents = 'os' } = this.#options
    const relaxed = intents === 'os' && jobs.every(({ op }) => op === 'begin')
    const level = relaxed ? Math.min(LEVELS.normal, LEVELS[synchronous]) : LEVELS[synchronous]
    if (level === this.#level) return
    db.exec(`PRAGMA synchronous = ${level}`)
    this.#level = level
  }

  /** A reader or a backup tool may hold the file for a while; that is waited out. */
  #begin(db: DatabaseSync, patienceMs: number): void {
    const deadline = performance.now() + patienceMs
    const { busyTimeoutMs } = this.#options
    // One attempt may not outlast the patience; without any wait at all this would spin.
    const attemptMs = Math.max(1, Math.ceil(Math.min(busyTimeoutMs, patienceMs)))
    if (attemptMs !== busyTimeoutMs) db.exec(`PRAGMA busy_timeout = ${attemptMs}`)
    try {
      for (;;) {
        try {
          db.exec('BEGIN IMMEDIATE')
          return
        } catch (error) {
          if (!isBusy(failureOf(error)) || performance.now() >= deadline) throw error
        }
      }
    } finally {
      if (attemptMs !== busyTimeoutMs) db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    }
  }

  #runAll(db: DatabaseSync, state: WriterState, jobs: readonly Job[]): JobResult[] | null {
    try {
      const values = jobs.map((job) => run(state, job))
      return values.some((value) => value !== null)
        ? values.map((value) => ({ ok: true, value }))
        : null
    } catch (error) {
      if (isDatabaseFault(failureOf(error))) throw error
      // One job is bad. Which one is found by running each behind a savepoint of its own.
      db.exec('ROLLBACK; BEGIN IMMEDIATE')
      state.forget()
      return jobs.map((job) => this.#runAlone(db, state, job))
    }
  }

  #runAlone(db: DatabaseSync, state: WriterState, job: Job): JobResult {
    db.exec('SAVEPOINT job')
    try {
      const value = run(state, job)
      db.exec('RELEASE job')
      return { ok: true, value }
    } catch (error) {
      const failure = failureOf(error)
      if (isDatabaseFault(failure)) throw error
      db.exec('ROLLBACK TO job; RELEASE job')
      state.forget()
      return { ok: false, failure }
    }
  }

  /** After a failed sync the kernel may say that dirty pages are clean: this connection is done. */
  #abandon(error: unknown): void {
    const open = this.#open
    if (!open) return
    open.state.forget()
    try {
      if (open.db.isTransaction) open.db.exec('ROLLBACK')
      if (isBusy(failureOf(error))) return
    } catch {
      // Closing it rolls back as well.
    }
    this.#open = null
    try {
      open.db.close()
    } catch {
      // Nothing is lost with it: what was committed is in the file.
    }
  }

  #assertSameFile(): void {
    if (this.#identity !== '' && fileIdentity(this.#options.path) !== this.#identity) {
      throw new Error('the database file was deleted or replaced; the gateway has to be restarted')
    }
  }

  #die(at: Failpoint): void {
    if (this.#options.failpoint === at && this.#skips-- <= 0) process.kill(process.pid, 'SIGKILL')
  }
}

function run(state: WriterState, job: Job): DeleteStep | null {
  switch (job.op) {
    case 'begin':
      beginCall(state, job)
      return null
    case 'save':
      saveCall(state, job)
      return null
    case 'put':
      putSession(state, job)
      return null
    case 'delete':
      return deleteStep(state, job)
    case 'charge':
      putSpend(state, job.spend)
      return null
    case 'records':
      putRecords(state, job)
      return null
    case 'flush':
      return null
    case 'probe':
      state.probe()
      return null
  }
}
