import type { Taps } from '../host/index.ts'
import type { Call, Edit, Headers, Json, JsonObject, Reply } from '../plugin/index.ts'
import { chunkBytes, chunkEdits, dropEdits } from '../wire/chunk.ts'
import { expectedChoices } from '../wire/dialect.ts'
import { createOutcome, type Verdict } from '../wire/outcome.ts'
import { framingFor, type Frame } from '../wire/frames.ts'

const LIMITS = { maxEventBytes: 1 << 26, maxBodyBytes: 1 << 28 }

/** A reply after it went past the taps. */
export interface TakenReply extends Verdict {
  readonly response: Buffer
  readonly received: Buffer
  readonly edits: readonly Edit[]
  readonly stream: boolean
  readonly httpStatus: number
  readonly warnings: readonly string[]
}

/** Shows a reply to the taps, frame by frame, and gathers what they leave for the caller. */
export async function takeReply(
  reply: Reply,
  taps: Taps,
  call: Call,
  sent: JsonObject,
): Promise<TakenReply> {
  const framing = framingFor(reply.headers['content-type'], LIMITS)
  const outcome = createOutcome(call.dialect, expectedChoices(call.dialect, sent))
  const response: Uint8Array[] = []
  const received: Uint8Array[] = []
  const edits: Edit[] = []

  function pass(frame: Frame): void {
    outcome.see(frame)
    const changes = frame.broken || frame.afterDone ? dropEdits(frame) : tap(frame)
    edits.push(...changes)
  }

  function tap({ at, bytes, chunk }: Frame): readonly Edit[] {
    if (chunk) taps.observe(chunk)
    const edited = chunk && taps.edit(chunk)
    if (chunk && !edited) return dropEdits({ at, bytes })
    received.push(edited ? chunkBytes(edited) : bytes)
    return edited ? chunkEdits(edited, { at, bytes }) : []
  }

  for await (const bytes of reply.body) {
    response.push(bytes)
    framing.push(bytes).forEach(pass)
  }
  framing.end().forEach(pass)
  return {
    ...outcome.verdict({ cleanEof: true, stream: framing.stream, httpStatus: reply.status }),
    response: Buffer.concat(response),
    received: Buffer.concat(received),
    edits,
    stream: framing.stream,
    httpStatus: reply.status,
    warnings: [...outcome.warnings(), ...taps.warnings],
  }
}

/** The payloads in the bytes a caller got, read as a client reads them. */
export function receivedFrom(received: Buffer, headers: Headers): Json[] {
  const framing = framingFor(headers['content-type'], LIMITS)
  return [...framing.push(received), ...framing.end()].flatMap(({ chunk }) => {
    const data = chunk?.data
    return data === undefined ? [] : [data]
  })
}
