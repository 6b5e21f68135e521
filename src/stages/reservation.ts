import type { Json } from '../plugin/index.ts'
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

/** Estimates a call from the text of its prompt and the longest answer it allows. */
export function reservationOf(exchange: Exchange): Reservation {
  const { params, call } = exchange
  const prompt = Math.ceil(promptTokens(exchange) * CAUTION)
  if (call.dialect === 'embeddings') return { prompt, answer: 0 }
  const said =
    params['max_completion_tokens'] ?? params['max_tokens'] ?? params['max_output_tokens']
  const longest = positive(said) ?? OPEN_ANSWER
  return { prompt, answer: longest * (positive(params['n']) ?? 1) }
}

function positive(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
}
