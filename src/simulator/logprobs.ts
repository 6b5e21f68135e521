import type { FloatFormat } from './floats.ts'
import { PLAIN_TOKENS, textOf } from './vocabulary.ts'

/** Which values a server reports: those of the model itself or those after temperature. */
export type LogprobsMode = 'raw_logprobs' | 'processed_logprobs'

/** How log probabilities of a reply are printed. */
export interface LogprobStyle {
  /** Alternatives per position, the sampled token counted. */
  readonly top: number
  /** Writes every token as `token_id:<n>`. */
  readonly asIds: boolean
  readonly float: FloatFormat
  /** OpenAI sorts alternatives by probability; vLLM puts the sampled token first. */
  readonly sorted: boolean
  /** Reports 0 everywhere, as greedy decoding with processed values does. */
  readonly certain: boolean
}

interface Candidate {
  readonly id: number
  readonly logprob: number
}

const noise = (seed: number, position: number): number => {
  let mixed = Math.imul(seed ^ (position + 1), 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296
}

const FLOAT32_STEP = 2 ** -23

/**
 * The log probability of the token at `position`: a float32, spread like those of a trained model,
 * where about a fifth are exactly 0 and about a fifth differ from 0 in the last bits only.
 */
export const logprobAt = (seed: number, position: number): number => {
  const drawn = noise(seed, position)
  if (drawn < 0.18) return 0
  if (drawn < 0.36) return -Math.ceil((drawn - 0.17) * 300) * FLOAT32_STEP
  return Math.fround(-4 * ((drawn - 0.36) / 0.64) ** 3 - 1e-4)
}

/** The sampled token first, then the others by falling probability. */
const candidatesAt = (seed: number, position: number, id: number, count: number): Candidate[] => {
  const logprob = logprobAt(seed, position)
  const candidates: Candidate[] = [{ id, logprob }]
  let other = 256 + Math.floor(noise(seed ^ 0x5bd1, position) * (PLAIN_TOKENS - 256))
  // What the sampled token leaves over; where that is nothing, far below any real alternative.
  let left = logprob === 0 ? -17 : Math.log(-Math.expm1(logprob)) - 0.2
  while (candidates.length < count) {
    if (other !== id) candidates.push({ id: other, logprob: Math.fround(left) })
    other = other + 1 < PLAIN_TOKENS ? other + 1 : 256
    left -= 0.1 + noise(seed, position + candidates.length * 7919)
  }
  return candidates
}

const quotedTexts = Array.from({ length: PLAIN_TOKENS }, (_, id) => JSON.stringify(textOf(id)))
const printBytes = (text: string): string => `[${Buffer.from(text).join(',')}]`
const printedBytes = Array.from({ length: PLAIN_TOKENS }, (_, id) => printBytes(textOf(id)))

const quoted = (id: number, asIds: boolean): string =>
  asIds ? `"token_id:${id}"` : (quotedTexts[id] ?? JSON.stringify(textOf(id)))

/** Bytes of the decoded string, so half a character shows those of U+FFFD. */
const bytesJson = (id: number): string => printedBytes[id] ?? printBytes(textOf(id))

/** One entry of `logprobs.content` as JSON. */
export const chatEntry = (
  seed: number,
  position: number,
  id: number,
  style: LogprobStyle,
): string => {
  const logprob = style.certain ? 0 : logprobAt(seed, position)
  const top = style.top === 0 ? '' : topEntries(seed, position, id, style)
  return `{"token":${quoted(id, style.asIds)},"logprob":${style.float(logprob)},"bytes":${bytesJson(id)},"top_logprobs":[${top}]}`
}

const topEntries = (seed: number, position: number, id: number, style: LogprobStyle): string => {
  const candidates = candidatesAt(seed, position, id, style.top)
  if (style.sorted) candidates.sort((one, other) => other.logprob - one.logprob)
  return candidates.map((candidate) => topEntry(candidate, style)).join(',')
}

const topEntry = ({ id, logprob }: Candidate, style: LogprobStyle): string => {
  // Only here do the bytes spell the placeholder; the sampled entry keeps those of the real text.
  const bytes = style.asIds ? printBytes(`token_id:${id}`) : bytesJson(id)
  return `{"token":${quoted(id, style.asIds)},"logprob":${style.float(logprob)},"bytes":${bytes}}`
}

/** The value of one position in `/v1/completions`: sampled token and map of alternatives, as JSON. */
export const completionEntry = (
  seed: number,
  position: number,
  id: number,
  style: LogprobStyle,
): { token: string; logprob: string; top: string } => {
  // Two ids with the same text share one key, so the map can be shorter than the list.
  const map = new Map(
    candidatesAt(seed, position, id, style.top + 1).map((candidate) => [
      quoted(candidate.id, style.asIds),
      style.float(candidate.logprob),
    ]),
  )
  const token = quoted(id, style.asIds)
  const top = [...map].map(([key, value]) => `${key}:${value}`).join(',')
  return { token, logprob: style.float(logprobAt(seed, position)), top: `{${top}}` }
}

/** `prompt_logprobs`: null for the first id, then one object keyed by token id for each. */
export const promptLogprobs = (
  seed: number,
  ids: readonly number[],
  style: LogprobStyle,
): string => {
  const entries = ids.map((id, position) => {
    if (position === 0) return 'null'
    const candidates = candidatesAt(seed, position, id, style.top + 1)
    const printed = candidates.map(
      (candidate, rank) =>
        `"${candidate.id}":{"logprob":${style.float(candidate.logprob)},"rank":${rank + 1},"decoded_token":${quoted(candidate.id, false)}}`,
    )
    return `{${printed.join(',')}}`
  })
  return `[${entries.join(',')}]`
}
