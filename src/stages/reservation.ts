import type { Json, JsonObject } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'
import { promptTokens } from './plan.ts'

/** What a call may use, as far as it can be told before it is made. Tokens. */
export interface Reservation {
  readonly prompt: number
  readonly answer: number
}

/** Tokens that are set aside for an answer whose length the caller leaves open. */
const OPEN_ANSWER = 1024
/** By how much the estimate of a prompt is stretched: what is set aside should rather be too much. */
const CAUTION = 1.5
/**
 * More than any call uses. Beside a number that is large enough the sum so far would be rounded away, so
 * that whoever asks for an answer of 1e300 tokens would begin anew with nothing used.
 */
const MOST = 1e9

const LONGEST = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const

/**
 * Estimates a call from the text of its prompt and the longest answers it allows.
 *
 * @param otherwise what is said differently to a model that stands in for the first
 */
export function reservationOf(exchange: Exchange, otherwise: JsonObject = {}): Reservation {
  const params = { ...exchange.params, ...otherwise }
  const prompt = Math.ceil(promptTokens(exchange) * CAUTION)
  if (exchange.call.dialect === 'embeddings') return { prompt, answer: 0 }
  const said = LONGEST.flatMap((name) => positive(params[name]) ?? [])
  const longest = said.length > 0 ? Math.max(...said) : OPEN_ANSWER
  return { prompt, answer: Math.min(longest * answersOf(params), MOST) }
}

/** How many answers are made: `best_of` are made where `n` are shown, and those for each prompt. */
function answersOf({ n, best_of: made, prompt }: JsonObject): number {
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1
  return Math.max(positive(n) ?? 1, positive(made) ?? 1) * Math.max(prompts, 1)
}

function positive(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
}
