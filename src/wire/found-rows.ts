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
 * The rows whose values begin at `starts`, row by row; one more start says where the next row's first
 * value would have begun. A column is made when it is asked for.
 */
export function rowsAt(
  payload: Buffer,
  start: number,
  end: number,
  template: Template,
  starts: Int32Array,
): FoundRows {
  return new ColumnReader(payload, start, end, template, starts)
}

/** Makes a column out of its values' places when it is asked for. */
class ColumnReader implements FoundRows {
  readonly payload: Buffer
  readonly start: number
  readonly end: number
  readonly template: Template
  readonly keys: readonly string[]
  readonly length: number
  readonly #starts: Int32Array
  /** By column: how many bytes lie between its value and the next one. */
  readonly #gaps: readonly number[]
  readonly #texts = new Map<string, Buffer>()
  readonly #columns = new Map<string, readonly Json[]>()
  readonly #spellings = new Map<string, Spelling | null>()

  constructor(payload: Buffer, start: number, end: number, template: Template, starts: Int32Array) {
    this.payload = payload
    this.start = start
    this.end = end
    this.template = template
    this.keys = template.keys
    this.length = (starts.length - 1) / this.keys.length
    this.#starts = starts
    const { before, close, between } = template
    const toNextRow = close.length + between.length + (before[0]?.length ?? 0)
    this.#gaps = this.keys.map((_, column) => before[column + 1]?.length ?? toNextRow)
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
    const starts = this.#starts
    const column = this.#columnOf(key)
    const gap = this.#gaps[column] as number
    const first = starts[column] as number
    const width = (starts[column + 1] as number) - gap - first
    for (let at = column; at < starts.length - 1; at += this.keys.length) {
      const start = starts[at] as number
      if ((starts[at + 1] as number) - gap - start !== width) return null
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
    const starts = this.#starts
    const [lists, texts] = [this.#columnOf(key), this.#columnOf(textKey)]
    const [listGap, textGap] = [this.#gaps[lists] as number, this.#gaps[texts] as number]
    let spelling: Spelling = 'compact'
    for (let row = 0; row < starts.length - 1; row += this.keys.length) {
      const one = spellingOf(
        this.payload,
        starts[row + lists] as number,
        (starts[row + lists + 1] as number) - listGap,
        starts[row + texts] as number,
        (starts[row + texts + 1] as number) - textGap,
      )
      if (one === null) return null
      if (one === 'spaced') spelling = one
    }
    // What is no UTF-8 reads as something else, which has another spelling.
    return isUtf8(this.text(textKey)) ? spelling : null
  }

  #gather(key: string): Buffer {
    const { payload } = this
    const starts = this.#starts
    const step = this.keys.length
    const column = this.#columnOf(key)
    const gap = this.#gaps[column] as number
    let size = this.length + 1
    for (let at = column; at < starts.length - 1; at += step) {
      size += (starts[at + 1] as number) - gap - (starts[at] as number)
    }
    const text = Buffer.allocUnsafe(size)
    let to = 0
    for (let at = column; at < starts.length - 1; at += step) {
      text[to] = COMMA
      const end = (starts[at + 1] as number) - gap
      // A native copy costs more than these few bytes do.
      for (let from = starts[at] as number; from < end; from++) text[++to] = payload[from] as number
      to++
    }
    text[0] = OPEN_ARRAY
    text[to] = CLOSE_ARRAY
    return text
  }

  #columnOf(key: string): number {
    const column = this.keys.indexOf(key)
    if (column < 0) throw new RangeError(`the rows have no "${key}"`)
    return column
  }
}
