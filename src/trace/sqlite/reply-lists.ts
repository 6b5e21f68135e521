import type { Choice } from '../../plugin/index.ts'
import { rowsOf } from '../../plugin/choices.ts'
import { endOfValue } from '../../wire/json-value.ts'
import { isFoundRows, type FoundRows } from '../../wire/found-rows.ts'
import { ByteWriter, type ByteReader } from './bytes.ts'

/**
 * The lists of logprob entries in a reply are stored on their side: what is written around the values
 * once, then column by column. That is a third of their bytes, and what choices say of their tokens is
 * read from there. Filled in again they are the reply, byte by byte.
 */
export interface StoredList {
  /** Where the list stood in what is left of the reply. */
  readonly at: number
  readonly rows: number
  readonly columns: readonly StoredColumn[]
}

/** `utf8`: the UTF-8 of the tokens. `same`: one value that every row has. `text`: all values. */
type StoredColumn = readonly [key: string, kind: 'utf8' | 'same' | 'text']

/** A list as it was, and its columns as JSON arrays. */
export interface ReadList {
  readonly text: Uint8Array
  readonly column: (key: string) => unknown
}

/** The lists in this reply that choices were read from, in order. */
export function listsIn(response: Uint8Array, choices: readonly Choice[]): readonly FoundRows[] {
  const lists = choices.map(rowsOf).filter((rows) => isFoundRows(rows) && isIn(response, rows))
  return [...new Set(lists as FoundRows[])].toSorted((a, b) => a.start - b.start)
}

/** About as many bytes as the lists take when they are written. */
export function sizeOfLists(lists: readonly FoundRows[]): number {
  return lists.reduce((sum, { start, end }) => sum + Math.ceil((end - start) / 3), 0)
}

/** True when what a choice says of its tokens is what the list says. */
export function tellsOf(list: FoundRows, { logprobs }: Choice): boolean {
  const column = list.column('logprob')
  return (
    logprobs?.length === column.length &&
    logprobs.every((value, at) => Object.is(value, column[at]))
  )
}

/** Writes the lists; what is left of the reply without them comes back. */
export function writeLists(
  to: ByteWriter,
  response: Uint8Array,
  lists: readonly FoundRows[],
): { readonly stored: readonly StoredList[]; readonly rest: Uint8Array } {
  if (lists.length === 0) return { stored: [], rest: response }
  const stored: StoredList[] = []
  const kept: Uint8Array[] = []
  let until = 0
  let cut = 0
  for (const list of lists) {
    kept.push(response.subarray(until, list.start))
    stored.push({ at: list.start - cut, rows: list.length, columns: writeList(to, list) })
    until = list.end
    cut += list.end - list.start
  }
  kept.push(response.subarray(until))
  return { stored, rest: Buffer.concat(kept) }
}

/** Reads one list, in the order in which they were written. */
export function readList(from: ByteReader, { rows, columns }: StoredList): ReadList {
  const [open, close, between, tail] = [run(from), run(from), run(from), run(from)]
  const before: Uint8Array[] = []
  const texts = new Map<string, Uint8Array>()
  for (const [key, kind] of columns) {
    before.push(run(from))
    if (kind !== 'utf8') texts.set(key, kind === 'same' ? repeated(run(from), rows) : run(from))
  }
  const column = (key: string): unknown => {
    const text = texts.get(key)
    return text ? (JSON.parse(Buffer.from(text).toString()) as unknown) : undefined
  }
  const values = columns.map(([key]) => valuesOf(texts.get(key) ?? utf8Lists(column('token'))))
  const list = new ByteWriter(rows * 64)
  list.bytes(open)
  for (let row = 0; row < rows; row++) {
    if (row > 0) list.bytes(between)
    for (const [at, next] of values.entries()) {
      list.bytes(before[at] as Uint8Array)
      list.bytes(next())
    }
    list.bytes(close)
  }
  list.bytes(tail)
  return { text: list.finish(), column }
}

/** The reply with its lists where they stood. */
export function withLists(
  rest: Uint8Array,
  stored: readonly StoredList[],
  lists: readonly ReadList[],
): Uint8Array {
  const pieces: Uint8Array[] = []
  let until = 0
  for (const [index, { at }] of stored.entries()) {
    pieces.push(rest.subarray(until, at), (lists[index] as ReadList).text)
    until = at
  }
  return Buffer.concat([...pieces, rest.subarray(until)])
}

function writeList(to: ByteWriter, list: FoundRows): readonly StoredColumn[] {
  const { open, before, close, between, tail } = list.template
  for (const literal of [open, close, between, tail]) writeRun(to, literal)
  return list.keys.map((key, at) => {
    writeRun(to, before[at] as Uint8Array)
    if (key === 'bytes' && isUtf8(list)) return [key, 'utf8']
    const same = list.sameText(key)
    writeRun(to, same ?? list.text(key))
    return [key, same ? 'same' : 'text']
  })
}

/** True when the lists are what {@link utf8Lists} will write. */
function isUtf8(list: FoundRows): boolean {
  return list.keys.includes('token') && list.spelling('bytes', 'token') === 'compact'
}

function utf8Lists(tokens: unknown): Uint8Array {
  const lists = (tokens as readonly (string | null)[]).map((token) =>
    token === null ? 'null' : `[${Buffer.from(token).join(',')}]`,
  )
  return Buffer.from(`[${lists.join(',')}]`)
}

function repeated(value: Uint8Array, times: number): Uint8Array {
  const text = Buffer.from(value).toString('latin1')
  return Buffer.from(`[${`${text},`.repeat(times).slice(0, -1)}]`, 'latin1')
}

/** Gives the values of a column, one after the other. */
function valuesOf(text: Uint8Array): () => Uint8Array {
  let at = 1
  return () => {
    const start = at
    const end = endOfValue(text, start)
    at = end + 1
    return text.subarray(start, end)
  }
}

function writeRun(to: ByteWriter, bytes: Uint8Array): void {
  to.varint(bytes.length)
  to.bytes(bytes)
}

function run(from: ByteReader): Uint8Array {
  return from.bytes(from.varint())
}

/** True when the list was found in these very bytes. */
function isIn(response: Uint8Array, { payload }: FoundRows): boolean {
  return (
    payload.buffer === response.buffer &&
    payload.byteOffset === response.byteOffset &&
    payload.length === response.length
  )
}
