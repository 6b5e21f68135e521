import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'

/** What Anthropic wants to be told, and OpenAI's callers need not say. */
const DEFAULT_MAX_TOKENS = 4096
/** The least budget there is. */
const LEAST_BUDGET = 1024

const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 5000,
  high: 10_000,
  xhigh: 20_000,
}

/** How much may be thought and said. */
export interface Room {
  readonly max_tokens: number
  readonly thinking?: Json
  /** True when there was a wish for thought that had to be left out. */
  readonly effortIsDropped: boolean
}

/**
 * How many tokens a call may take. The caller's limit holds for thought and answer together, as it does
 * for `max_completion_tokens`; without one, 4096 tokens are for the answer and the thought has its own.
 *
 * `reasoning_effort` is a budget of thought: minimal 1024, low 2048, medium 5000, high 10 000, xhigh
 * 20 000 tokens, but at most half of the caller's limit, and `none` none. It is left out where that is
 * less than 1024, or where Anthropic takes no thought: with a forced tool, or amid a row of tool calls whose
 * first thought was not given back. What the caller wrote as `thinking` itself stays as it is.
 */
export function roomFor(params: JsonObject, mayThink: boolean): Room {
  const limit = limitOf(params)
  const { thinking, reasoning_effort: effort } = params
  if (thinking !== undefined && thinking !== null) {
    const budget = isObject(thinking) ? thinking['budget_tokens'] : undefined
    const own = typeof budget === 'number' ? budget : 0
    const isDropped = effort !== undefined && effort !== null
    return { max_tokens: limit ?? DEFAULT_MAX_TOKENS + own, thinking, effortIsDropped: isDropped }
  }
  const wanted = budgetOf(effort)
  const budget = limit === null ? wanted : Math.min(wanted, Math.floor(limit / 2))
  if (wanted === 0 || budget < LEAST_BUDGET || !mayThink) {
    return { max_tokens: limit ?? DEFAULT_MAX_TOKENS, effortIsDropped: wanted > 0 }
  }
  return {
    max_tokens: limit ?? DEFAULT_MAX_TOKENS + budget,
    thinking: { type: 'enabled', budget_tokens: budget },
    effortIsDropped: false,
  }
}

function limitOf({ max_completion_tokens: newer, max_tokens: older }: JsonObject): number | null {
  const limit = newer ?? older ?? null
  if (limit === null || typeof limit === 'number') return limit
  throw badParam('max_tokens', 'it is no number')
}

function budgetOf(effort: Json | undefined): number {
  if (effort === undefined || effort === null || effort === 'none') return 0
  const budget = typeof effort === 'string' ? BUDGETS[effort] : undefined
  if (budget !== undefined) return budget
  const known = ['none', ...Object.keys(BUDGETS)].join(', ')
  throw badParam('reasoning_effort', `${JSON.stringify(effort)} is none of ${known}`)
}
