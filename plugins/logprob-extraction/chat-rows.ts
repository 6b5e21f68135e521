import type { Json, JsonObject, Rows } from 'sluice/plugin'
import { addChatEntries, alternativesIn, bytesOf } from './chat-entries.ts'
import type { Entries } from './entries.ts'
import { numberOr } from './logprob-value.ts'
import { placeholderId } from './token-ids.ts'

/** Keys that a column is read for; any other one that says something needs a look at each entry. */
const PLAIN_KEYS = ['token', 'logprob', 'bytes', 'top_logprobs']

/**
 * Adds the entries of a chat reply's `logprobs.content` that come as columns, with the same result as
 * `addChatEntries`. Nearly every entry repeats its token as bytes and names no alternatives: then
 * neither is read.
 */
export function addChatRows(entries: Entries, rows: Rows, flags: Set<string>): void {
  const tokens = rows.keys.every((key) => PLAIN_KEYS.includes(key)) ? textsIn(rows) : null
  if (!tokens || !rows.keys.includes('logprob') || entries.logprobs.length > 0) {
    return addChatEntries(entries, objectsOf(rows), flags)
  }
  for (const value of rows.column('logprob')) entries.logprobs.push(numberOr(value, flags))
  for (const token of tokens) {
    const placeholder = placeholderId(token)
    if (placeholder !== null) entries.placeholders.push(placeholder)
    if (entries.keep.has('tokens')) entries.tokens.push(token)
  }
  if (entries.keep.has('bytes')) addBytes(entries, rows, flags)
  if (entries.keep.has('top_logprobs')) addAlternatives(entries, rows, flags)
}

function addBytes(entries: Entries, rows: Rows, flags: Set<string>): void {
  entries.spelled =
    entries.keep.has('tokens') && rows.keys.includes('bytes') && rows.spells('bytes', 'token')
  if (entries.spelled) return
  for (const value of columnOf(rows, 'bytes')) entries.bytes.push(bytesOf(value, flags))
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

/** The tokens, when every one is a text or null. */
function textsIn(rows: Rows): readonly (string | null)[] | null {
  const tokens = columnOf(rows, 'token')
  return tokens.every(isTextOrNull) ? tokens : null
}

function isTextOrNull(value: Json): value is string | null {
  return value === null || typeof value === 'string'
}

function columnOf(rows: Rows, key: string): readonly Json[] {
  return rows.keys.includes(key) ? rows.column(key) : Array<null>(rows.length).fill(null)
}

/** The entries as they would have been parsed. */
function objectsOf(rows: Rows): readonly JsonObject[] {
  const columns = rows.keys.map((key) => [key, rows.column(key)] as const)
  return Array.from({ length: rows.length }, (_, row) =>
    Object.fromEntries(columns.map(([key, column]) => [key, column[row]])),
  )
}
