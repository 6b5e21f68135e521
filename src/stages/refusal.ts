import type { Refusal, Reply } from '../plugin/index.ts'
import { readError } from '../wire/error-body.ts'

/** How much of an error body is read to tell why the upstream refused. */
const MAX_REFUSAL_BYTES = 1_048_576

/** An error reply that was read, or of a huge one the beginning. */
export interface Refused {
  readonly refusal: Refusal
  /** The same reply, to be sent to the caller after all. */
  readonly reply: Reply
  /** Gives the rest up: unread, it would keep its socket busy. */
  discard(): unknown
}

/** Reads an error reply whole, and gives it back so that it can still be sent to the caller. */
export async function readRefusal(reply: Reply): Promise<Refused> {
  const read: Uint8Array[] = []
  let size = 0
  const rest = reply.body[Symbol.asyncIterator]()
  let failure: unknown
  while (size < MAX_REFUSAL_BYTES) {
    try {
      const next = await rest.next()
      if (next.done) break
      read.push(next.value)
      size += next.value.byteLength
    } catch (thrown) {
      failure = thrown
      break
    }
  }
  async function* again(): AsyncGenerator<Uint8Array> {
    yield* read
    if (failure) throw failure
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  }
  const { message, param } = readError(Buffer.concat(read).toString('utf8'))
  return {
    refusal: { status: reply.status, headers: reply.headers, message, param },
    reply: { status: reply.status, headers: reply.headers, body: again() },
    discard: () => rest.return?.(),
  }
}
