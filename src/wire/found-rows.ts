import { isUtf8 } from 'node:buffer'
import type { Json, Rows } from '../plugin/index.ts'
import { CLOSE_ARRAY, COMMA, OPEN_ARRAY } from './json-lex.ts'
import { spellingOf, type Spelling } from './spelling.ts'

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
  /** How the value is written that all rows have under a key; null when they differ. */
  sameText(key: string): Buffer | null
  /** Like `spells`; `compact` when the lists are written without spaces. */
  spelling(key: string, textKey: string): Spelling | null
}

/** True for rows that were read from a payload here, and not made by a plugin. */
export function isFoundRows(rows: Rows | undefined): rows is FoundRows {
  return rows instanceof ColumnReader
}

/**
 * The rows whose values' places are given, start and end of each, row by row. A column is made when it
 * is asked for.
 */
export function rowsAt(
  payload: Buffer,
  start: number,
  end: number,
  template: Template,
  places: Int32Array,
): FoundRows {
  return new ColumnReader(payload, start, end, template, places)
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
  readonly #spellings = new Map<string, Spelling | null>()

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
    const text = this.sameText(key)
    return text ? (JSON.parse(text.toString()) as Json) : undefined
  }

  sameText(key: string): Buffer | null {
    const { payload } = this
    const places = this.#places
    const at = this.#at(key)
    const [first, width] = [
      places[at] as number,
      (places[at + 1] as number) - (places[at] as number),
    ]
    for (let row = at; row < places.length; row += this.keys.length * 2) {
      const start = places[row] as number
      if ((places[row + 1] as number) - start !== width) return null
      for (let i = 0; i < width; i++) if (payload[start + i] !== payload[first + i]) return null
    }
    return payload.subarray(first, first + width)
  }

  spells(key: string, textKey: string): boolean {
    return this.spelling(key, textKey) !== null
  }

  spelling(key: string, textKey: string): Spelling | null {
    const name = `${key} ${textKey}`
    let spelling = this.#spellings.get(name)
    if (spelling === undefined) this.#spellings.set(name, (spelling = this.#spell(key, textKey)))
    return spelling
  }

  #spell(key: string, textKey: string): Spelling | null {
    const places = this.#places
    const step = this.keys.length * 2
    const toText = this.#at(textKey) - this.#at(key)
    let spelling: Spelling = 'compact'
    for (let at = this.#at(key); at < places.length; at += step) {
      const [list, listEnd] = [places[at] as number, places[at + 1] as number]
      const [text, textEnd] = [places[at + toText] as number, places[at + toText + 1] as number]
      const one = spellingOf(this.payload, list, listEnd, text, textEnd)
      if (one === null) return null
      if (one === 'spaced') spelling = one
    }
    // What is no UTF-8 reads as something else, which has another spelling.
    return isUtf8(this.text(textKey)) ? spelling : null
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
