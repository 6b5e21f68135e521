import { isObject, type Json, type JsonObject, type TopLogprob } from 'sluice/plugin'
import { addEntry, type Entries } from './entries.ts'
import { logprobOf } from './logprob-value.ts'
import { isTokenId } from './token-ids.ts'

/**
 * Adds the entries of a chat reply's `logprobs.content`. An entry that cannot be read still takes its
 * row: a row less would shift every logprob after it to the wrong token.
 */
export function addChatEntries(
  entries: Entries,
  content: readonly Json[],
  flags: Set<string>,
): void {
  for (const value of content) {
    const entry = isObject(value) ? value : {}
    if (entry !== value) flags.add('bad_logprob')
    addEntry(entries, {
      token: textOf(entry['token']),
      logprob: logprobOf(entry, flags),
      bytes: entries.keep.has('bytes') ? bytesOf(entry['bytes'], flags) : null,
      top: entries.keep.has('top_logprobs') ? alternatives(entry, flags) : null,
      id: entry['id'],
    })
  }
}

function alternatives(entry: JsonObject, flags: Set<string>): readonly TopLogprob[] | null {
  return alternativesIn(entry['top_logprobs'] ?? entry['top_probs'], flags)
}

/** The alternatives in the server's order; null when the entry names none. */
export function alternativesIn(
  list: Json | undefined,
  flags: Set<string>,
): readonly TopLogprob[] | null {
  if (!Array.isArray(list)) return null
  const top: TopLogprob[] = []
  for (const value of list) {
    if (isObject(value)) top.push(alternative(value, flags))
    else flags.add('bad_top_logprob')
  }
  return top
}

function alternative(entry: JsonObject, flags: Set<string>): TopLogprob {
  const { id } = entry
  const plain = {
    token: textOf(entry['token']) ?? '',
    logprob: likelihood(entry),
    bytes: bytesOf(entry['bytes'], flags),
  }
  return isTokenId(id) ? { ...plain, id } : plain
}

/** Like `logprobOf`, without flags: those speak of the sampled tokens. */
function likelihood({ logprob, prob }: JsonObject): number | null {
  if (typeof logprob === 'number') return logprob
  return typeof prob === 'number' && prob > 0 ? Math.log(prob) : null
}

function bytesOf(value: Json | undefined, flags: Set<string>): readonly number[] | null {
  if (value === undefined || value === null) return null
  if (Array.isArray(value) && value.every(isByte)) return value
  flags.add('bad_bytes')
  return null
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && (value & 255) === value
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}
