import { isObject, type Json, type JsonObject, type TopLogprob } from 'sluice/plugin'
import { addEntry, type Entries } from './entries.ts'
import { numberOr } from './logprob-value.ts'

/**
 * Adds the rows of a completions reply's `logprobs`: parallel lists of texts, logprobs and maps of
 * alternatives. Under `echo` the first row of the prompt is null, as no token has a likelihood there.
 */
export function addCompletionEntries(
  entries: Entries,
  logprobs: JsonObject,
  flags: Set<string>,
): void {
  const values = arrayOf(logprobs['token_logprobs'])
  const tokens = arrayOf(logprobs['tokens'])
  const maps = arrayOf(logprobs['top_logprobs'])
  if (tokens.length > 0 && tokens.length !== values.length) flags.add('length_mismatch')
  for (const [i, value] of values.entries()) {
    const token = tokens[i]
    addEntry(entries, {
      token: typeof token === 'string' ? token : null,
      logprob: value === null ? null : numberOr(value, flags),
      bytes: null,
      top: entries.keep.has('top_logprobs') ? alternatives(maps[i]) : null,
      id: undefined,
    })
  }
}

/**
 * The map's entries in the order it lists them. Two ids that decode to one text share a key, so there
 * may be fewer than asked for; and JSON.parse moves keys that look like integers to the front.
 */
function alternatives(map: Json | undefined): readonly TopLogprob[] | null {
  if (!isObject(map)) return null
  const top: TopLogprob[] = []
  for (const token in map) {
    const logprob = map[token]
    top.push({ token, logprob: typeof logprob === 'number' ? logprob : null, bytes: null })
  }
  return top
}

function arrayOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
