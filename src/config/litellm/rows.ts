import { nearest } from '../../util/nearest.ts'
import type { ConfigDocument, Path, Values } from '../document.ts'
import { asksNothing, type Reader, type Said } from './values.ts'

/** What a key of LiteLLM becomes. */
export type Row =
  /** A key of this gateway. */
  | { readonly is: 'moved'; readonly to: Path; readonly as: Reader }
  /** More than one key, or none: it says so itself. */
  | { readonly is: 'read'; readonly read: (said: Said) => void }
  /** It is read in another place. */
  | { readonly is: 'elsewhere' }
  /** What it asks for is always so. */
  | { readonly is: 'given' }
  /** Nothing yet. */
  | { readonly is: 'later'; readonly note: string }
  /** Nothing, because what it is for is done otherwise here. */
  | { readonly is: 'moot'; readonly note: string }

export type Table = ReadonlyMap<string, Row>

/** Where what is read goes. */
export interface Target {
  readonly document: ConfigDocument
  /** Sets the value at a path of this gateway's configuration, which came from one of LiteLLM's. */
  put(path: Path, value: unknown, from: Path): void
  /** Tells of the key at a path, once for each key of a section. */
  warn(path: Path, text: string): void
}

export const moved = (to: Path, as: Reader): Row => ({ is: 'moved', to, as })
export const read = (how: (said: Said) => void): Row => ({ is: 'read', read: how })
export const later = (note = ''): Row => ({ is: 'later', note })
export const moot = (note: string): Row => ({ is: 'moot', note })
export const elsewhere: Row = { is: 'elsewhere' }
export const given: Row = { is: 'given' }

export function tableOf(rows: Readonly<Record<string, Row>>): Table {
  return new Map(Object.entries(rows))
}

/** Rows of the same kind for several keys. */
export function all(keys: readonly string[], row: Row): Readonly<Record<string, Row>> {
  return Object.fromEntries(keys.map((key) => [key, row]))
}

/**
 * Reads the keys of one section by its table. `null` counts as not said. What is not in the table goes
 * to `unknown`, which warns where nothing else is given.
 */
export function readKeys(
  target: Target,
  path: Path,
  section: Values,
  table: Table,
  unknown: (said: Said) => void = (said) => warnOfUnknown(said, table),
): void {
  for (const [key, value] of Object.entries(section)) {
    if (value === null || value === undefined) continue
    const said: Said = { value, path: [...path, key], target }
    const row = table.get(key)
    if (row) readRow(row, said)
    else unknown(said)
  }
}

function readRow(row: Row, said: Said): void {
  const { target, path, value } = said
  if (row.is === 'read') return row.read(said)
  if (row.is === 'moved') {
    // A variable that is there and empty is one that nobody set.
    if (value !== '') target.put(row.to, row.as(said), path)
    return
  }
  if (row.is === 'elsewhere' || row.is === 'given' || asksNothing(value)) return
  const text = row.is === 'later' ? 'is read but not used yet' : 'changes nothing here'
  target.warn(path, row.note === '' ? text : `${text}: ${row.note}`)
}

function warnOfUnknown({ target, path }: Said, table: Table): void {
  target.warn(path, `is no key this gateway knows${hintAt(path, table)}`)
}

/** Names the key that was probably meant, if there is one. */
export function hintAt(path: Path, table: Table): string {
  const near = nearest(String(path.at(-1)), table.keys())
  return near === undefined ? '' : `; did you mean "${near}"?`
}
