import { completionEntry, type LogprobStyle } from './logprobs.ts'

/** The columns of `/v1/completions` log probabilities, printed as JSON. */
export interface LogprobColumns {
  readonly json: string
  /** Where the next token begins. */
  readonly nextOffset: number
}

/** A stretch of tokens with the seed and the position their values come from. */
export interface LogprobSpan {
  readonly seed: number
  readonly ids: readonly number[]
  readonly position: number
  /** A prompt's first token has no log probability. */
  readonly startsPrompt: boolean
}

/** Prints spans one behind the other. Offsets count code points of the token strings. */
export const logprobColumns = (
  spans: readonly LogprobSpan[],
  startOffset: number,
  style: LogprobStyle,
): LogprobColumns => {
  const offsets: number[] = []
  const logprobs: string[] = []
  const tokens: string[] = []
  const tops: string[] = []
  let offset = startOffset
  for (const { seed, ids, position, startsPrompt } of spans) {
    ids.forEach((id, index) => {
      const entry = completionEntry(seed, position + index, id, style)
      const isUnknown = startsPrompt && index === 0
      offsets.push(offset)
      logprobs.push(isUnknown ? 'null' : entry.logprob)
      tokens.push(entry.token)
      tops.push(isUnknown ? 'null' : entry.top)
      offset += codePoints(entry.token)
    })
  }
  const json = `{"text_offset":[${offsets.join(',')}],"token_logprobs":[${logprobs.join(',')}],"tokens":[${tokens.join(',')}],"top_logprobs":[${tops.join(',')}]}`
  return { json, nextOffset: offset }
}

/** Python counts code points where JavaScript counts UTF-16 units. */
const codePoints = (quoted: string): number => Array.from(String(JSON.parse(quoted))).length
