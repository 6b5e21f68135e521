import { rowsAt, type FoundRows, type Template } from './found-rows.ts'
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_OBJECT,
  QUOTE,
  readKey,
  skipSpace,
} from './json-lex.ts'
import { endOfString, endOfValue } from './json-value.ts'

interface Row extends Pick<Template, 'keys' | 'before' | 'close'> {
  readonly end: number
}

/** Rows that are made room for before they are seen. */
const MOST_EXPECTED = 4_096
const COMMA_ALONE = Buffer.of(COMMA)

/**
 * Reads the list whose opening bracket is at `start` as rows, in one pass that builds no values: its
 * elements must be objects with the same keys in the same order and spacing, as one program writes
 * them. Null for any other list, which is then left to `JSON.parse`.
 */
export function readRows(bytes: Buffer, start: number): FoundRows | null {
  const first = skipSpace(bytes, start + 1)
  const row = rowAt(bytes, first)
  if (!row) return null
  const { keys, before, close } = row
  let between: Uint8Array = COMMA_ALONE
  // As many rows as fit in if all are as long as the first one.
  const expected = Math.min(MOST_EXPECTED, Math.ceil((bytes.length - first) / (row.end - first)))
  let starts = new Int32Array(keys.length * expected + 1)
  let used = 0
  let i = first
  for (;;) {
    if (used + keys.length >= starts.length) starts = grown(starts)
    for (const literal of before) {
      i = afterLiteral(bytes, i, literal)
      if (i < 0) return null
      starts[used++] = i
      i = endOfValue(bytes, i)
      if (i < 0) return null
    }
    i = afterLiteral(bytes, i, close)
    if (i < 0) return null
    const next = skipSpace(bytes, i)
    if (bytes[next] === CLOSE_ARRAY) {
      const [open, tail] = [bytes.subarray(start, first), bytes.subarray(i, next + 1)]
      const template = { keys, open, before, close, between, tail }
      starts[used++] = i + between.length + (before[0]?.length ?? 0)
      return rowsAt(bytes, start, next + 1, template, starts.subarray(0, used))
    }
    if (bytes[next] !== COMMA) return null
    if (used === keys.length) between = bytes.subarray(i, skipSpace(bytes, next + 1))
    i = afterLiteral(bytes, i, between)
    if (i < 0) return null
  }
}

/** How the object at `start` is written; null when it is none, is empty or has a key twice. */
function rowAt(bytes: Buffer, start: number): Row | null {
  if (bytes[start] !== OPEN_OBJECT) return null
  const keys: string[] = []
  const before: Uint8Array[] = []
  let from = start
  for (let i = skipSpace(bytes, start + 1); ; i = skipSpace(bytes, i + 1)) {
    const keyEnd = bytes[i] === QUOTE ? endOfString(bytes, i) : -1
    if (keyEnd < 0) return null
    const key = readKey(bytes, i, keyEnd)
    const colon = skipSpace(bytes, keyEnd)
    if (bytes[colon] !== COLON || keys.includes(key)) return null
    const value = skipSpace(bytes, colon + 1)
    keys.push(key)
    before.push(bytes.subarray(from, value))
    from = endOfValue(bytes, value)
    if (from < 0) return null
    i = skipSpace(bytes, from)
    if (bytes[i] === CLOSE_OBJECT) {
      return { keys, before, close: bytes.subarray(from, i + 1), end: i + 1 }
    }
    if (bytes[i] !== COMMA) return null
  }
}

/** The offset after a literal that is expected here, or -1. */
function afterLiteral(bytes: Uint8Array, start: number, literal: Uint8Array): number {
  const { length } = literal
  for (let i = 0; i < length; i++) if (bytes[start + i] !== literal[i]) return -1
  return start + length
}

function grown(starts: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(starts.length * 2)
  larger.set(starts)
  return larger
}
