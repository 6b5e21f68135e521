/** Where a process is made to die, so that tests can look at what it left behind. */
export type Failpoint = 'before_commit' | 'after_commit' | 'mid_checkpoint'

export interface SqliteOptions {
  /** The database file; its directory is created when missing. */
  readonly path: string
  /** `full` syncs every commit; `normal` and `off` survive the process, not a power cut. */
  readonly synchronous: 'full' | 'normal' | 'off'
  /**
   * How intents are committed under `full`. `os`: without a sync of their own, so that no call waits
   * for the disk before it is sent; the next trace's sync covers them. A crash of the process loses
   * none; a power cut may lose the mention of calls that were not answered yet. `synced`: like traces.
   */
  readonly intents?: 'os' | 'synced'
  /** Calls are turned away while this much waits to be committed. */
  readonly maxQueuedBytes: number
  /** How long a call may wait for a database that another process holds. */
  readonly deadlineMs: number
  /** How long one attempt waits for it. */
  readonly busyTimeoutMs: number
  /** The log is copied into the file when it is this large; 16 MiB unless told. */
  readonly checkpointBytes?: number
  /** Every so many turns a list of ids is stored whole; 64 unless told. */
  readonly keyframeEvery?: number
  /** For tests. */
  readonly failpoint?: Failpoint
  /** How often the failpoint is passed unharmed; 0 unless told. */
  readonly failpointSkips?: number
}
