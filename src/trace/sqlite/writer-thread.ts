import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { unpackBatch } from './arena.ts'
import { failureOf } from './failure.ts'
import type { BatchReply, Job, ThreadReply, WriterRequest } from './jobs.ts'
import type { SqliteOptions } from './options.ts'
import { Writer } from './writer.ts'

/** The writer thread: one request at a time, answered in order. */

const CHECKPOINT_BYTES = 16 * 1024 * 1024
/** The log is emptied when nothing was written for this long, in milliseconds. */
const IDLE_MS = 1000

if (parentPort) serve(parentPort, workerData as SqliteOptions)

function serve(port: MessagePort, options: SqliteOptions): void {
  const writer = new Writer(options)
  let idle: NodeJS.Timeout | undefined

  port.on('message', (request: WriterRequest) => {
    clearTimeout(idle)
    port.postMessage(reply(writer, request))
    if (request.ask === 'close') return port.close()
    idle = setTimeout(() => quietly(() => writer.truncate()), IDLE_MS)
    // Copying the log happens between commits, where nobody waits for it.
    quietly(() => {
      if (writer.logBytes > (options.checkpointBytes ?? CHECKPOINT_BYTES)) writer.checkpoint()
    })
  })
}

function reply(writer: Writer, request: WriterRequest): ThreadReply {
  try {
    return { ok: true, value: answer(writer, request) }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

function answer(writer: Writer, request: WriterRequest): unknown {
  switch (request.ask) {
    case 'open':
      return writer.open()
    case 'batch':
      return commit(writer, unpackBatch(request.batch), request.patienceMs)
    case 'close':
      writer.truncate()
      writer.close()
      return null
  }
}

function commit(writer: Writer, jobs: readonly Job[], patienceMs: number): BatchReply {
  const results = writer.commit(jobs, patienceMs)
  const isDeleted = results?.some((result) => result.ok && result.value?.more === false)
  // What was deleted is still in the log, and the caller was promised that it is gone.
  if (isDeleted) writer.truncate()
  return results
}

/** A copy that fails loses nothing: the log still has it all, and the next commit reports the disk. */
function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // Nobody asked for it, so there is nobody to tell.
  }
}
