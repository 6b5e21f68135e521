import { bytesOf } from './bytes.ts'
import type { BeginJob, Job, SaveJob } from './jobs.ts'

/** A batch as it crosses to the writer: its jobs as JSON, their bytes in memory both threads see. */
export interface PackedBatch {
  readonly jobs: string
  /** Shared, not copied; sent each time because a thread that was started anew has seen none. */
  readonly memory: SharedArrayBuffer
}

/** Where the bytes of a job lie in the shared memory. */
type Place = readonly [start: number, byteLength: number]

/** A value that crosses as it is, or the place of one that does not. */
type Placed<T> = T extends ArrayBufferView ? Place : T
type PlacedJob<T> = { readonly [Name in keyof T]: Placed<T[Name]> }
type Described = PlacedJob<BeginJob> | PlacedJob<SaveJob> | Exclude<Job, BeginJob | SaveJob>

const LEAST_BYTES = 1024 * 1024
const WORD = 8

/**
 * The memory that batches are handed over in. Only one batch is ever under way, so the same memory
 * serves all of them: nothing is allocated, cloned or collected for it on either side.
 */
export class Arena {
  #memory = new SharedArrayBuffer(0)

  pack(jobs: readonly Job[]): PackedBatch {
    const size = jobs.reduce((sum, job) => sum + sizeOfJob(job), 0)
    if (size > this.#memory.byteLength) {
      this.#memory = new SharedArrayBuffer(Math.max(LEAST_BYTES, size * 2))
    }
    const target = new Uint8Array(this.#memory)
    let at = 0
    const place = (view: ArrayBufferView): Place => {
      // Shared memory is copied word by word only where both sides begin at the same place of a word.
      const start = at + ((view.byteOffset - at) & (WORD - 1))
      target.set(bytesOf(view), start)
      at = start + view.byteLength
      return [start, view.byteLength]
    }
    return { jobs: JSON.stringify(jobs.map((job) => described(job, place))), memory: this.#memory }
  }
}

/** The jobs of a batch, on the writer's side. Their bytes are views that the next batch overwrites. */
export function unpackBatch({ jobs, memory }: PackedBatch): Job[] {
  const bytesAt = (place: Place): Uint8Array =>
    // No Buffer: its `slice` does not copy, and what is kept would change with the next batch.
    new Uint8Array(memory, ...place)
  return (JSON.parse(jobs) as Described[]).map((job): Job => {
    if (job.op === 'begin') return { ...job, received: bytesAt(job.received) }
    if (job.op !== 'save') return job
    return {
      ...job,
      received: job.received && bytesAt(job.received),
      head: bytesAt(job.head),
      columns: job.columns && bytesAt(job.columns),
      sent: job.sent && bytesAt(job.sent),
      messages: job.messages && bytesAt(job.messages),
      response: bytesAt(job.response),
      ids: job.ids && new Int32Array(memory, job.ids[0], job.ids[1] / 4),
    }
  })
}

/** The bytes a job brings along, with room to align them. */
export function sizeOfJob(job: Job): number {
  if (job.op === 'begin') return sizeOf(job.received)
  if (job.op !== 'save') return 0
  const { received, head, columns, sent, messages, response, ids } = job
  const usual = sizeOf(received) + sizeOf(head) + sizeOf(columns) + sizeOf(response) + sizeOf(ids)
  return usual + sizeOf(sent) + sizeOf(messages)
}

function sizeOf(view: ArrayBufferView | null): number {
  return view === null ? 0 : view.byteLength + WORD
}

/** A job with places instead of bytes. Its fields are named, because looking each one up is slow. */
function described(job: Job, place: (view: ArrayBufferView) => Place): Described {
  if (job.op === 'begin') return { ...job, received: place(job.received) }
  if (job.op !== 'save') return job
  const { received, head, columns, sent, messages, response, ids } = job
  return {
    ...job,
    received: received && place(received),
    head: place(head),
    columns: columns && place(columns),
    sent: sent && place(sent),
    messages: messages && place(messages),
    response: place(response),
    ids: ids && place(ids),
  }
}
