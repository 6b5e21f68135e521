import type { Choice, Json, Rows, TopLogprob } from 'sluice/plugin'
import type { ChoiceTokens } from './choice-tokens.ts'
import { entriesFrom, readOut, type Entries } from './entries.ts'
import { placeholderId, sameIds } from './token-ids.ts'

/** What the call asked for, as far as it decides how its reply is to be read. */
export interface Asked {
  /** `return_token_ids` was sent: a reply without ids is then worth a flag. */
  readonly ids: boolean
  /** `return_tokens_as_token_ids` was sent: only then does `token_id:12` mean an id. */
  readonly placeholders: boolean
  /** `echo` was sent on a completions call: logprobs then begin with those of the prompt. */
  readonly echo: boolean
}

/** The fields of a choice that speak of its sampled tokens. */
export type Sampled = Pick<
  Choice,
  'token_ids' | 'logprobs' | 'tokens' | 'bytes' | 'top_logprobs' | 'routing_matrices'
> & {
  /** Where tokens and bytes are to be read from, which are then null. */
  readonly rows: Rows | null
  readonly flags: ReadonlySet<string>
  readonly extra: Record<string, Json>
}

/** Makes the record of one choice. Nothing is padded, cut to fit or guessed: what is odd is flagged. */
export function sampled(
  tokens: ChoiceTokens,
  prompt: readonly number[] | null,
  asked: Asked,
): Sampled {
  const flags = new Set(tokens.flags)
  if (asked.placeholders) readOut(tokens.entries)
  const echoed = asked.echo ? echoedRows(tokens, prompt, flags) : 0
  const entries = entriesFrom(tokens.entries, echoed)
  const ids = idsOf(tokens, entries, asked, flags)
  const { logprobs } = entries
  const hasRows = logprobs.length > 0

  if (logprobs.includes(null) && !flags.has('bad_logprob')) flags.add('missing_logprob')
  if (ids && hasRows && ids.length !== logprobs.length) flags.add('length_mismatch')
  return {
    token_ids: ids,
    logprobs: hasRows ? logprobs : null,
    tokens: known(entries.tokens),
    bytes: known(entries.bytes),
    rows: entries.rows,
    top_logprobs: entries.hasTop ? topOf(entries, asked) : null,
    routing_matrices: tokens.routing,
    flags,
    extra: {
      ...(tokens.refusal && { refusal_logprobs: tokens.refusal }),
      ...(echoed > 0 && { echoed_logprobs: tokens.entries.logprobs.slice(0, echoed) }),
    },
  }
}

/** Ids the server names as such come first, then those that its logprob entries carry. */
function idsOf(
  tokens: ChoiceTokens,
  entries: Entries,
  asked: Asked,
  flags: Set<string>,
): readonly number[] | null {
  if (tokens.idsBroken) return null
  const carried =
    complete(entries.ids, entries) ??
    (asked.placeholders ? complete(entries.placeholders, entries) : null)
  const { ids } = tokens
  if (ids && carried && ids.length === carried.length && !sameIds(ids, carried)) {
    flags.add('ids_differ')
  }
  if (!ids && !carried && asked.ids) flags.add('no_token_ids')
  return ids ?? carried
}

/**
 * How many rows belong to the prompt. Where prompt, ids and rows do not add up nothing is cut, and the
 * unequal lengths show.
 */
function echoedRows(
  tokens: ChoiceTokens,
  prompt: readonly number[] | null,
  flags: Set<string>,
): number {
  const rows = tokens.entries.logprobs.length
  const { ids } = tokens
  if (rows === 0) return 0
  if (prompt && ids) return rows === prompt.length + ids.length ? prompt.length : 0
  if (ids && rows >= ids.length) return rows - ids.length
  if (prompt && rows >= prompt.length) return prompt.length
  flags.add('echo_not_cut')
  return 0
}

function complete(ids: readonly number[], entries: Entries): readonly number[] | null {
  return ids.length > 0 && ids.length === entries.logprobs.length ? ids : null
}

function topOf(entries: Entries, asked: Asked): readonly (readonly TopLogprob[] | null)[] {
  if (!asked.placeholders) return entries.top
  return entries.top.map((top) => top?.map(withPlaceholderId) ?? null)
}

function withPlaceholderId(top: TopLogprob): TopLogprob {
  const id = placeholderId(top.token)
  return id === null ? top : { ...top, id }
}

/** A column in which the server never said anything is no column. */
function known<T>(column: readonly (T | null)[]): readonly (T | null)[] | null {
  return column.some((value) => value !== null) ? column : null
}
