/** Where a process is made to die, so that tests can look at what it left behind. */
export type Failpoint = 'before_commit' | 'after_commit' | 'mid_checkpoint'

export interface SqliteOptions {
  /** The database file; its directory is created when missing. */
  readonly path: string
  /** `full` syncs every commit; `normal` and `off` survive the process, not a power cut. */
  readonly synchronous: 'full' | 'normal' | 'off'
  /** Calls are turned away while this much waits to be committed. */
  readonly maxQueuedBytes: number
  /** How long a call may wait for a database that another process holds. */
  readonly deadlineMs: number
  /** How long one attempt waits for it. */
  readonly busyTimeoutMs: number
  /** The log is copied into the file when it is this large; 4 MiB unless told. */
  readonly checkpointBytes?: number
  /** Every so many turns a list of ids is stored whole; 64 unless told. */
  readonly keyframeEvery?: number
  /** For tests. */
  readonly failpoint?: Failpoint
}
