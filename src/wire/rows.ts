import type { Json, Rows } from '../plugin/index.ts'
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  readKey,
  skipSpace,
} from './json-lex.ts'
import { endOfString, endOfValue } from './json-value.ts'
import { spellsAlike } from './spelling.ts'

/** What is written around the values, the same in every row. */
export interface Template {
  readonly keys: readonly string[]
  /** The opening bracket. */
  readonly open: Uint8Array
  /** Before each value of a row. */
  readonly before: readonly Uint8Array[]
  /** The closing brace. */
  readonly close: Uint8Array
  /** Between two rows; a comma where there is only one. */
  readonly between: Uint8Array
  /** The closing bracket. */
  readonly tail: Uint8Array
}

/** Rows and how they were written: `template` with the values filled in is the list, byte by byte. */
export interface FoundRows extends Rows {
  readonly template: Template
  readonly payload: Buffer
  /** Offsets in the payload: of the opening bracket, and after the closing one. */
  readonly start: number
  readonly end: number
  /** A column as a JSON array without spaces between its values. */
  text(key: string): Buffer
}

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
  let places = new Int32Array(keys.length * 2 * 64)
  let used = 0
  let i = first
  for (;;) {
    if (used + keys.length * 2 > places.length) places = grown(places)
    for (const literal of before) {
      i = afterLiteral(bytes, i, literal)
      const end = i < 0 ? -1 : endOfValue(bytes, i)
      if (end < 0) return null
      places[used++] = i
      places[used++] = end
      i = end
    }
    i = afterLiteral(bytes, i, close)
    if (i < 0) return null
    const next = skipSpace(bytes, i)
    if (bytes[next] === CLOSE_ARRAY) {
      const [open, tail] = [bytes.subarray(start, first), bytes.subarray(i, next + 1)]
      const template = { ...row, open, between, tail }
      return new ColumnReader(bytes, start, next + 1, template, places.subarray(0, used))
    }
    if (bytes[next] !== COMMA) return null
    if (used === keys.length * 2) between = bytes.subarray(i, skipSpace(bytes, next + 1))
    i = afterLiteral(bytes, i, between)
    if (i < 0) return null
  }
}

/** How the object at `start` is written; null when it is none, is empty or has a key twice. */
function rowAt(bytes: Buffer, start: number): Pick<Template, 'keys' | 'before' | 'close'> | null {
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
    if (bytes[i] === CLOSE_OBJECT) return { keys, before, close: bytes.subarray(from, i + 1) }
    if (bytes[i] !== COMMA) return null
  }
}

/** The offset after a literal that is expected here, or -1. */
function afterLiteral(bytes: Uint8Array, start: number, literal: Uint8Array): number {
  const { length } = literal
  for (let i = 0; i < length; i++) if (bytes[start + i] !== literal[i]) return -1
  return start + length
}

function grown(places: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(places.length * 2)
  larger.set(places)
  return larger
}

/** True for rows that were read from a payload here, and not made by a plugin. */
export function isFoundRows(rows: Rows | undefined): rows is FoundRows {
  return rows instanceof ColumnReader
}

/** Makes a column out of its values' places when it is asked for. */
class ColumnReader implements FoundRows {
  readonly payload: Buffer
  readonly start: number
  readonly end: number
  readonly template: Template
  readonly keys: readonly string[]
  readonly length: number
  /** Start and end of each value, row by row. */
  readonly #places: Int32Array
  readonly #texts = new Map<string, Buffer>()
  readonly #columns = new Map<string, readonly Json[]>()

  constructor(payload: Buffer, start: number, end: number, template: Template, places: Int32Array) {
    this.payload = payload
    this.start = start
    this.end = end
    this.template = template
    this.keys = template.keys
    this.length = places.length / 2 / this.keys.length
    this.#places = places
  }

  column(key: string): readonly Json[] {
    let column = this.#columns.get(key)
    if (!column) {
      column = JSON.parse(this.text(key).toString()) as readonly Json[]
      this.#columns.set(key, column)
    }
    return column
  }

  text(key: string): Buffer {
    let text = this.#texts.get(key)
    if (!text) this.#texts.set(key, (text = this.#gather(key)))
    return text
  }

  same(key: string): Json | undefined {
    const text = this.text(key)
    const first = this.#places[this.#at(key)] as number
    const width = (this.#places[this.#at(key) + 1] as number) - first + 1
    if (text.length !== this.length * width + 1) return undefined
    // `1,1,1` is `1,` over and over: shifted by one value, it is the same again.
    const end = text.length - 1
    if (text.compare(text, 1 + width, end, 1, end - width) !== 0) return undefined
    return JSON.parse(text.toString('utf8', 1, width)) as Json
  }

  spells(key: string, textKey: string): boolean {
    return spellsAlike(this.text(key), this.text(textKey))
  }

  #gather(key: string): Buffer {
    const step = this.keys.length * 2
    const places = this.#places
    const first = this.#at(key)
    let size = this.length + 1
    for (let at = first; at < places.length; at += step) {
      size += (places[at + 1] as number) - (places[at] as number)
    }
    const { payload } = this
    const text = Buffer.allocUnsafe(size)
    let to = 0
    for (let at = first; at < places.length; at += step) {
      text[to] = COMMA
      // A native copy costs more than these few bytes do.
      for (let from = places[at] as number; from < (places[at + 1] as number); from++) {
        text[++to] = payload[from] as number
      }
      to++
    }
    text[0] = OPEN_ARRAY
    text[to] = CLOSE_ARRAY
    return text
  }

  #at(key: string): number {
    const index = this.keys.indexOf(key)
    if (index < 0) throw new RangeError(`the rows have no "${key}"`)
    return index * 2
  }
}
