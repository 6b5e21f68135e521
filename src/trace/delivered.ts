import type { WireRecord } from '../plugin/index.ts'
import { applyEdits } from '../wire/edits.ts'

/** What the caller got: the upstream's reply with the edits made to it, as far as it came. */
export function deliveredBytes({ response, edits }: WireRecord): Uint8Array {
  return applyEdits(asBuffer(response), edits)
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
