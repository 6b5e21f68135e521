import type { Rows, TopLogprob } from 'sluice/plugin'
import { isTokenId, placeholderId } from './token-ids.ts'

/** The columns that may be left out to save space; logprobs and ids are always kept. */
export type Column = 'tokens' | 'bytes' | 'top_logprobs'

/** The logprob entries of one choice as columns, one row per token the server reported. */
export interface Entries {
  readonly keep: ReadonlySet<Column>
  readonly logprobs: (number | null)[]
  readonly tokens: (string | null)[]
  readonly bytes: (readonly number[] | null)[]
  /** The entries as the reply holds them, while these are all; tokens and bytes are then left empty. */
  rows: Rows | null
  readonly top: (readonly TopLogprob[] | null)[]
  /** Ids that entries carry (llama.cpp). As long as `logprobs` when every entry has one, else useless. */
  readonly ids: number[]
  /** Ids read from placeholder texts, likewise; they mean ids only when placeholders were asked for. */
  readonly placeholders: number[]
  /** True when some token has alternatives; without any, the column says nothing. */
  hasTop: boolean
}

export interface Entry {
  readonly token: string | null
  readonly logprob: number | null
  readonly bytes: readonly number[] | null
  readonly top: readonly TopLogprob[] | null
  readonly id: unknown
}

export function noEntries(keep: ReadonlySet<Column>): Entries {
  return {
    keep,
    logprobs: [],
    tokens: [],
    bytes: [],
    rows: null,
    top: [],
    ids: [],
    placeholders: [],
    hasTop: false,
  }
}

/** Adds one row. Every kept column grows, so that they stay aligned whatever the server left out. */
export function addEntry(entries: Entries, entry: Entry): void {
  readOut(entries)
  if (isTokenId(entry.id)) entries.ids.push(entry.id)
  const placeholder = placeholderId(entry.token)
  if (placeholder !== null) entries.placeholders.push(placeholder)
  entries.logprobs.push(entry.logprob)
  if (entries.keep.has('tokens')) entries.tokens.push(entry.token)
  if (entries.keep.has('bytes')) entries.bytes.push(entry.bytes)
  if (entries.keep.has('top_logprobs')) {
    entries.top.push(entry.top)
    entries.hasTop ||= entry.top !== null && entry.top.length > 0
  }
}

/** Fills the columns that were left to the rows. */
export function readOut(entries: Entries): void {
  const { rows } = entries
  if (!rows) return
  for (const value of rows.column('token')) {
    const token = typeof value === 'string' ? value : null
    const placeholder = placeholderId(token)
    if (placeholder !== null) entries.placeholders.push(placeholder)
    entries.tokens.push(token)
    entries.bytes.push(token === null ? null : [...Buffer.from(token)])
  }
  entries.rows = null
}

/** The rows from `start` on. */
export function entriesFrom(entries: Entries, start: number): Entries {
  if (start === 0) return entries
  readOut(entries)
  const isComplete = (ids: readonly number[]) => ids.length === entries.logprobs.length
  return {
    ...entries,
    logprobs: entries.logprobs.slice(start),
    tokens: entries.tokens.slice(start),
    bytes: entries.bytes.slice(start),
    top: entries.top.slice(start),
    ids: isComplete(entries.ids) ? entries.ids.slice(start) : [],
    placeholders: isComplete(entries.placeholders) ? entries.placeholders.slice(start) : [],
  }
}
