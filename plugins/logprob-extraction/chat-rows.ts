import type { JsonObject, Rows } from 'sluice/plugin'
import { addChatEntries, alternativesIn } from './chat-entries.ts'
import type { Entries } from './entries.ts'
import { numberOr } from './logprob-value.ts'

/** Keys that a column is read for; any other one that says something needs a look at each entry. */
const PLAIN_KEYS: readonly string[] = ['token', 'logprob', 'bytes', 'top_logprobs']

/**
 * Adds the entries of a chat reply's `logprobs.content` that come as columns, with the same result as
 * `addChatEntries`. Nearly all replies repeat each token as its bytes: then neither is read here.
 */
export function addChatRows(entries: Entries, rows: Rows, flags: Set<string>): void {
  if (entries.logprobs.length > 0 || !isPlain(entries, rows)) {
    return addChatEntries(entries, objectsOf(rows), flags)
  }
  for (const value of rows.column('logprob')) entries.logprobs.push(numberOr(value, flags))
  entries.rows = rows
  if (entries.keep.has('top_logprobs')) addAlternatives(entries, rows, flags)
}

/** True when every entry is a token, its logprob and its UTF-8, and all of them are to be kept. */
function isPlain({ keep }: Entries, rows: Rows): boolean {
  const { keys } = rows
  return (
    keep.has('tokens') &&
    keep.has('bytes') &&
    keys.every((key) => PLAIN_KEYS.includes(key)) &&
    ['token', 'logprob', 'bytes'].every((key) => keys.includes(key)) &&
    rows.spells('bytes', 'token') &&
    // A column in which the server never said anything is no column.
    rows.same('token') !== null
  )
}

function addAlternatives(entries: Entries, rows: Rows, flags: Set<string>): void {
  const same = rows.keys.includes('top_logprobs') ? rows.same('top_logprobs') : null
  if (same === null || (Array.isArray(same) && same.length === 0)) {
    const none = same === null ? null : []
    for (let i = 0; i < rows.length; i += 1) entries.top.push(none)
    return
  }
  for (const value of rows.column('top_logprobs')) {
    const top = alternativesIn(value, flags)
    entries.top.push(top)
    entries.hasTop ||= top !== null && top.length > 0
  }
}

/** The entries as they would have been parsed. */
function objectsOf(rows: Rows): readonly JsonObject[] {
  const columns = rows.keys.map((key) => [key, rows.column(key)] as const)
  return Array.from({ length: rows.length }, (_, row) =>
    Object.fromEntries(columns.map(([key, column]) => [key, column[row]])),
  )
}
