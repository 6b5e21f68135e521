import type { ByteReader, ByteWriter } from './bytes.ts'

const FIELD = Buffer.from('"prompt_token_ids":')
const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c
const ZERO = 0x30

/**
 * Writes a reply without the copies of the prompt's ids that it holds: engines repeat them whole in
 * each reply, and once more for every choice. Only the compact form `[1,2,3]` is taken out, since
 * that is what reading puts back; an array written in any other way stays.
 */
export function writeResponse(to: ByteWriter, response: Uint8Array, prompt: Int32Array): void {
  const text = Buffer.from(response.buffer, response.byteOffset, response.byteLength)
  const cuts: number[] = []
  let field = prompt.length === 0 ? -1 : text.indexOf(FIELD)
  while (field >= 0) {
    const start = field + FIELD.length
    const end = endOfIds(text, start, prompt)
    if (end > 0) cuts.push(start, end)
    field = text.indexOf(FIELD, Math.max(start, end))
  }
  to.varint(cuts.length / 2)
  let kept = 0
  for (let at = 0; at < cuts.length; at += 2) {
    to.varint((cuts[at] as number) - kept)
    kept = cuts[at + 1] as number
  }
  kept = 0
  for (let at = 0; at < cuts.length; at += 2) {
    to.bytes(response.subarray(kept, cuts[at]))
    kept = cuts[at + 1] as number
  }
  to.bytes(response.subarray(kept))
}

/** The reply as it came; `from` is read to its end. */
export function readResponse(from: ByteReader, prompt: Int32Array): Uint8Array {
  const runs = Array.from({ length: from.varint() }, () => from.varint())
  if (runs.length === 0) return from.rest()
  const ids = Buffer.from(`[${prompt.join(',')}]`)
  return Buffer.concat([...runs.flatMap((run) => [from.bytes(run), ids]), from.rest()])
}

/** The offset after the array at `start` if it lists exactly these ids, else -1. */
function endOfIds(text: Buffer, start: number, ids: Int32Array): number {
  if (text[start] !== OPEN) return -1
  let at = start + 1
  for (let n = 0; n < ids.length; n++) {
    if (n > 0 && text[at++] !== COMMA) return -1
    const first = at
    let id = 0
    for (
      let digit = digitAt(text, at);
      digit >= 0 && at - first < 10;
      digit = digitAt(text, ++at)
    ) {
      id = id * 10 + digit
    }
    const hasLeadingZero = text[first] === ZERO && at - first > 1
    if (at === first || hasLeadingZero || id !== ids[n]) return -1
  }
  return text[at] === CLOSE ? at + 1 : -1
}

function digitAt(text: Buffer, at: number): number {
  const digit = (text[at] ?? 0) - ZERO
  return digit <= 9 ? digit : -1
}
