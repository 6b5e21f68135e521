import { bytesOf } from './bytes.ts'
import type { Job } from './jobs.ts'

/** A batch as it crosses to the writer: its jobs as JSON, their bytes in memory both threads see. */
export interface PackedBatch {
  readonly jobs: string
  /** Shared, not copied; sent each time because a thread that was started anew has seen none. */
  readonly memory: SharedArrayBuffer
}

/** Where the bytes of a job lie in the shared memory. */
type Place = readonly [start: number, byteLength: number]

const LEAST_BYTES = 1024 * 1024
const WORD = 8
/** Fields of jobs that hold bytes, and the one that holds numbers. */
const BYTE_FIELDS = ['received', 'head', 'columns', 'sent', 'messages', 'response'] as const
const NUMBER_FIELD = 'ids'

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
    const described = jobs.map((job) => {
      const plain: Record<string, unknown> = { ...job }
      for (const name in plain) {
        const value = plain[name]
        if (ArrayBuffer.isView(value)) plain[name] = place(value)
      }
      return plain
    })
    return { jobs: JSON.stringify(described), memory: this.#memory }
  }
}

/** The jobs of a batch, on the writer's side. Their bytes are views that the next batch overwrites. */
export function unpackBatch({ jobs, memory }: PackedBatch): Job[] {
  const described = JSON.parse(jobs) as Record<string, unknown>[]
  for (const job of described) {
    for (const name of BYTE_FIELDS) {
      // No Buffer: its `slice` does not copy, and what is kept would change with the next batch.
      if (job[name]) job[name] = new Uint8Array(memory, ...(job[name] as Place))
    }
    const numbers = job[NUMBER_FIELD] as Place | null | undefined
    if (numbers) job[NUMBER_FIELD] = new Int32Array(memory, numbers[0], numbers[1] / 4)
  }
  return described as unknown as Job[]
}

/** The bytes a job brings along, with room to align them. */
export function sizeOfJob(job: Job): number {
  let size = 0
  for (const value of Object.values(job)) {
    if (ArrayBuffer.isView(value)) size += value.byteLength + WORD
  }
  return size
}
