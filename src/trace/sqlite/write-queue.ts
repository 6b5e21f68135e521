import { GatewayError } from '../../errors/index.ts'
import { Arena, sizeOfJob } from './arena.ts'
import { unavailable } from './failure.ts'
import type { BatchReply, DeleteStep, Job, WriterRequest } from './jobs.ts'
import type { Thread } from './thread.ts'

const MAX_ROWS = 256
const MAX_BYTES = 8 * 1024 * 1024
/** What a job costs beside the bytes it brings along. */
const JOB_OVERHEAD = 1024

interface Waiting {
  readonly job: Job
  readonly size: number
  readonly since: number
  readonly resolve: (value: DeleteStep | null) => void
  readonly reject: (error: Error) => void
}

/**
 * Group commit without a timer: while one batch is being committed, the next one gathers. The slower
 * the disk, the larger the batches. At its limit the queue refuses; it never drops and never grows.
 */
export class WriteQueue {
  readonly #writer: Thread
  readonly #maxBytes: number
  readonly #deadlineMs: number
  readonly #arena = new Arena()
  #waiting: Waiting[] = []
  #bytes = 0
  #isPumping = false
  #commits = 0
  #rows = 0

  constructor(writer: Thread, maxBytes: number, deadlineMs: number) {
    this.#writer = writer
    this.#maxBytes = maxBytes
    this.#deadlineMs = deadlineMs
  }

  get stats(): { commits: number; rows: number; queued: number } {
    return { commits: this.#commits, rows: this.#rows, queued: this.#bytes }
  }

  /**
   * Resolves when the job is committed.
   * @throws {GatewayError} `overloaded` at the limit, `capture_unavailable` when it was not committed.
   */
  async push(job: Job): Promise<DeleteStep | null> {
    const size = sizeOfJob(job) + JOB_OVERHEAD
    // A single job larger than the limit has to get through when it is alone.
    if (this.#bytes > 0 && this.#bytes + size > this.#maxBytes) {
      throw new GatewayError('overloaded', { owner: 'store', headers: { 'retry-after': '1' } })
    }
    this.#bytes += size
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, size, since: performance.now(), resolve, reject })
      if (this.#isPumping) return
      this.#isPumping = true
      // Calls that end in the same turn of the event loop share a commit.
      setImmediate(() => void this.#pump())
    })
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take()
      try {
        settle(batch, await this.#send(batch))
      } catch (error) {
        for (const { reject } of batch) reject(error instanceof Error ? error : unavailable(error))
      }
      for (const { size } of batch) this.#bytes -= size
    }
    this.#isPumping = false
  }

  #take(): Waiting[] {
    let rows = 0
    let bytes = 0
    for (const { size } of this.#waiting) {
      bytes += size
      if (rows > 0 && (rows === MAX_ROWS || bytes > MAX_BYTES)) break
      rows++
    }
    return this.#waiting.splice(0, rows)
  }

  async #send(batch: readonly Waiting[]): Promise<BatchReply> {
    const packed = this.#arena.pack(batch.map(({ job }) => job))
    const waited = performance.now() - (batch[0]?.since ?? 0)
    const patienceMs = Math.max(0, this.#deadlineMs - waited)
    const request: WriterRequest = { ask: 'batch', batch: packed, patienceMs }
    const reply = await this.#writer.ask<BatchReply>(request)
    this.#commits++
    this.#rows += batch.length
    return reply
  }
}

function settle(batch: readonly Waiting[], results: BatchReply): void {
  for (const [at, { resolve, reject }] of batch.entries()) {
    const result = results?.[at]
    if (!result) resolve(null)
    else if (result.ok) resolve(result.value)
    else reject(unavailable(result.failure))
  }
}
