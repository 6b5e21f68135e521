import { QUOTE, skipString } from './json-lex.ts'

/** Valid JSON without the space between its tokens; all else stays as it is written. */
export function withoutSpace(json: Buffer): Buffer {
  const kept = Buffer.allocUnsafe(json.length)
  let length = 0
  for (let at = 0; at < json.length;) {
    const byte = json[at] ?? 0
    if (byte === QUOTE) {
      const end = skipString(json, at)
      length += json.copy(kept, length, at, end)
      at = end
      continue
    }
    if (byte > 0x20) kept[length++] = byte
    at++
  }
  return kept.subarray(0, length)
}
