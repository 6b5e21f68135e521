import { isObject, type Dialect, type FullTrace, type Json } from '../plugin/index.ts'
import { amount, tokensOf } from './amounts.ts'
import { providerOf } from './provider-of.ts'
import type { SpendRow } from './spend.ts'

/** LiteLLM's words for the kinds of calls. */
const CALL_TYPES: Readonly<Record<Dialect, string>> = {
  chat: 'acompletion',
  completions: 'atext_completion',
  responses: 'aresponses',
  messages: 'anthropic_messages',
  embeddings: 'aembedding',
  other: 'passthrough',
}

/** What a call that has ended goes into the books with. Every number in it is one that a sum can take. */
export function spendRowOf(trace: FullTrace): SpendRow {
  const { upstream, caller, cache, timestamp } = trace
  const { prompt, completion } = tokensOf(trace)
  const sent = trace.params_sent['model']
  const duration_ms = amount(trace.latency_ms)
  return {
    request_id: trace.trace_id,
    started_at: timestamp,
    ended_at: timestamp + duration_ms / 1000,
    call_type: CALL_TYPES[trace.dialect],
    model: typeof sent === 'string' ? sent : trace.model,
    model_group: trace.model,
    model_id: upstream?.name ?? '',
    api_base: upstream?.url ?? '',
    provider: upstream ? providerOf(upstream.kind) : '',
    caller,
    session_id: trace.session_id,
    status: isAnswered(trace) ? 'success' : 'failure',
    prompt_tokens: Math.round(prompt),
    completion_tokens: Math.round(completion),
    duration_ms,
    ttft_ms: trace.ttft_ms === null ? null : amount(trace.ttft_ms),
    spend: amount(trace.cost),
    cache_hit: cache?.hit ?? false,
    cache_key: cache?.key ?? null,
    tags: tagsOf(trace),
  }
}

function isAnswered({ status, http_status, choices }: FullTrace): boolean {
  if ((http_status ?? Infinity) >= 400) return false
  return status === 'complete' || (status === 'partial' && choices.length > 0)
}

/** Tags of the metadata and, where LiteLLM's clients put them, of the body. */
function tagsOf({ metadata, raw_request: body }: FullTrace): readonly string[] {
  const inBody = body?.['metadata']
  const said = [metadata['tags'], isObject(inBody) ? inBody['tags'] : undefined, body?.['tags']]
  if (said.every((tags) => tags === undefined)) return []
  return [...new Set(said.flatMap(texts))]
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
