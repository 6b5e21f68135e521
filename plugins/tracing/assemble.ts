import {
  isObject,
  type Call,
  type Choice,
  type FullTrace,
  type Json,
  type JsonObject,
} from 'sluice/plugin'
import { checksOf } from './checks.ts'

/** Fills in the flat fields, which speak of choice 0, from what the other plugins found out. */
export function assemble(trace: FullTrace, call: Call): FullTrace {
  const { received } = call
  const first = trace.choices.find((choice) => choice.index === 0)
  return {
    ...trace,
    messages: listOf(received['messages']) ?? inputOf(received['input']) ?? trace.messages,
    tools: listOf(received['tools']) ?? trace.tools,
    response_message: first?.message ?? trace.response_message,
    completion_token_ids: first?.token_ids ?? trace.completion_token_ids,
    logprobs: first?.logprobs ?? trace.logprobs,
    routing_matrices: first?.routing_matrices ?? trace.routing_matrices,
    finish_reason: first?.finish_reason ?? trace.finish_reason,
    token_counts: tokenCounts(trace),
    checks: { ...trace.checks, ...checksOf(trace, received) },
    client_retry: trace.client_retry ?? countOf(call.headers['x-stainless-retry-count']),
    agent: trace.agent ?? textOf(call.metadata['agent']),
    parent_agent: trace.parent_agent ?? textOf(call.metadata['parent_agent']),
  }
}

/** The upstream's own count where it gave one, else the number of ids, else nothing. */
function tokenCounts({
  usage,
  prompt_token_ids: prompt,
  choices,
}: FullTrace): FullTrace['token_counts'] {
  const promptCount =
    tokensIn(usage, 'prompt_tokens', 'input_tokens') ?? (prompt.length || undefined)
  const completionCount = tokensIn(usage, 'completion_tokens', 'output_tokens') ?? idsIn(choices)
  return {
    ...(promptCount === undefined ? {} : { prompt: promptCount }),
    ...(completionCount === undefined ? {} : { completion: completionCount }),
  }
}

function tokensIn(usage: JsonObject | null, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = usage?.[name]
    if (typeof count === 'number') return count
  }
  return undefined
}

function idsIn(choices: readonly Choice[]): number | undefined {
  let sum: number | undefined
  for (const { token_ids: ids } of choices) if (ids) sum = (sum ?? 0) + ids.length
  return sum
}

/** The responses dialect has one message as a text, or a list of items. */
function inputOf(input: Json | undefined): readonly Json[] | null {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return Array.isArray(input) && input.every(isObject) ? input : null
}

function listOf(value: Json | undefined): readonly Json[] | null {
  return Array.isArray(value) ? value : null
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function countOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : null
}
