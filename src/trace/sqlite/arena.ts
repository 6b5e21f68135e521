import { bytesOf } from './bytes.ts'
import type { Job } from './jobs.ts'

/**
 * Moves all bytes of a batch into one buffer that can be handed to another thread. Posting views of
 * foreign memory would copy the whole pool behind each of them.
 */
export function packJobs(jobs: readonly Job[]): { jobs: Job[]; buffer: ArrayBuffer } {
  const buffer = new ArrayBuffer(jobs.reduce((sum, job) => sum + sizeOfJob(job), 0))
  let at = 0
  const place = (view: ArrayBufferView): ArrayBufferView => {
    const start = at
    new Uint8Array(buffer, start, view.byteLength).set(bytesOf(view))
    at += padded(view.byteLength)
    return view instanceof Int32Array
      ? new Int32Array(buffer, start, view.length)
      : new Uint8Array(buffer, start, view.byteLength)
  }
  const packed = jobs.map((job) => {
    const copy: Record<string, unknown> = { ...job }
    for (const [name, value] of Object.entries(job)) {
      if (ArrayBuffer.isView(value)) copy[name] = place(value)
    }
    return copy as unknown as Job
  })
  return { jobs: packed, buffer }
}

/** The bytes a job brings along, padded so that numbers stay aligned. */
export function sizeOfJob(job: Job): number {
  let size = 0
  for (const value of Object.values(job)) {
    if (ArrayBuffer.isView(value)) size += padded(value.byteLength)
  }
  return size
}

function padded(length: number): number {
  return (length + 3) & ~3
}
