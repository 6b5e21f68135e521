import { isObject, type Json, type JsonObject, type Trace } from '../../plugin/index.ts'

/** Tokens of a call as they are billed. */
export interface TokenUsage {
  /** All of the prompt, with what came from a prefix cache and what went into it. */
  readonly prompt: number
  readonly cached: number
  readonly cacheWrite: number
  /** All of the answer, with the thoughts before it. */
  readonly completion: number
  readonly reasoning: number
  /** True when the upstream did not say it, so that it was estimated. */
  readonly estimated: boolean
}

/** What a trace has to say of the tokens that its call used. */
export type UsedBy = Pick<Trace, 'usage' | 'dialect' | 'status' | 'token_counts' | 'choices'>

/** Characters of an answer that make a token, roughly. */
const CHARACTERS_PER_TOKEN = 4
/** Members of a message that are no text of the model's, or that stand for something longer. */
const LABELS: ReadonlySet<string> = new Set([
  'role',
  'type',
  'id',
  'call_id',
  'status',
  'data',
  'signature',
  'encrypted_content',
])
/** How deep a message's texts are looked for: below this they are somebody's joke. */
const DEEPEST = 8

/**
 * Tokens as the upstream reported them: in OpenAI's words (chat, completions, embeddings; responses) or in
 * Anthropic's (messages). What it did not report is taken from the trace's own counts, or else estimated
 * from the texts. What cannot be, such as more cached tokens than the prompt has, is cut to what can.
 *
 * @param promptTokens an estimate of the prompt
 */
export function usageOf(trace: UsedBy, promptTokens: number): TokenUsage {
  const usage = trace.usage ?? {}
  const prompt = count(usage['prompt_tokens']) ?? count(usage['input_tokens'])
  const completion = completionIn(usage, trace)
  const details = detailsOf(usage)
  // Anthropic's messages count what they read from a cache, and write into it, apart.
  const apart = trace.dialect === 'messages' ? details.cached + details.cacheWrite : 0
  return bounded({
    ...details,
    prompt: (prompt ?? count(trace.token_counts.prompt) ?? promptTokens) + apart,
    completion: completion ?? answerTokens(trace),
    estimated: prompt === null || completion === null,
  })
}

function completionIn(usage: JsonObject, { dialect, status }: UsedBy): number | null {
  if (dialect === 'embeddings') return 0
  // A stream of messages begins with a count of the answer that only its end makes true.
  if (dialect === 'messages' && status !== 'complete') return null
  return count(usage['completion_tokens']) ?? count(usage['output_tokens'])
}

function detailsOf(usage: JsonObject): Pick<TokenUsage, 'cached' | 'cacheWrite' | 'reasoning'> {
  const prompt = within(usage, 'prompt_tokens_details', 'input_tokens_details')
  const completion = within(usage, 'completion_tokens_details', 'output_tokens_details')
  const cached = count(prompt['cached_tokens']) ?? count(usage['cache_read_input_tokens'])
  return {
    cached: cached ?? 0,
    cacheWrite: count(usage['cache_creation_input_tokens']) ?? 0,
    reasoning: count(completion['reasoning_tokens']) ?? 0,
  }
}

/** The parts of a whole are never more than it. */
function bounded(usage: TokenUsage): TokenUsage {
  const { prompt, completion } = usage
  const cached = Math.min(usage.cached, prompt)
  return {
    ...usage,
    cached,
    cacheWrite: Math.min(usage.cacheWrite, prompt - cached),
    reasoning: Math.min(usage.reasoning, completion),
  }
}

/** By the ids or texts of what came, or by what was counted where that is more. */
function answerTokens({ token_counts: counts, choices }: UsedBy): number {
  const came = choices.reduce((sum, { token_ids: ids, message }) => {
    return sum + (ids?.length ?? Math.ceil(lengthOf(message) / CHARACTERS_PER_TOKEN))
  }, 0)
  return Math.max(came, count(counts.completion) ?? 0)
}

/** Characters of all texts within a value. */
function lengthOf(value: Json | undefined, depth = 0): number {
  if (typeof value === 'string') return value.length
  if (value === null || typeof value !== 'object' || depth > DEEPEST) return 0
  let length = 0
  for (const [key, one] of Object.entries(value)) {
    if (!LABELS.has(key)) length += lengthOf(one as Json, depth + 1)
  }
  return length
}

function within(usage: JsonObject, ...names: readonly string[]): JsonObject {
  return names.map((name) => usage[name]).find((value) => isObject(value)) ?? {}
}

/** Servers and plugins write these: only what can be a number of tokens is one. */
function count(value: unknown): number | null {
  if (typeof value !== 'number' || !(value >= 0)) return null
  return value <= Number.MAX_SAFE_INTEGER ? value : null
}
