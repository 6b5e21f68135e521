import type { Context } from 'koa'
import type { FullTrace } from '../plugin/index.ts'
import { tokensOf } from '../trace/index.ts'
import { timeoutAt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** Says in LiteLLM's headers where a call went, to callers of a LiteLLM configuration. */
export function tellRouting(ctx: Context, exchange: Exchange, parts: Parts): void {
  const { forwarding, upstreams, timeouts } = parts
  if (!forwarding.litellm) return
  const { routing, upstream, call } = exchange
  ctx.set({
    'x-litellm-version': `sluice-${parts.version}`,
    'x-litellm-call-id': ctx.get('x-litellm-call-id') || call.id,
    'x-litellm-model-group': printable(call.model || routing.model),
    'x-litellm-attempted-retries': String(routing.retries),
    'x-litellm-attempted-fallbacks': String(routing.fallbacks),
    'x-litellm-max-retries': String(routing.maxRetries ?? forwarding.retries),
    'x-litellm-max-fallbacks': String(forwarding.maxFallbacks),
  })
  if (!upstream) return
  const id = 'id' in upstream && typeof upstream.id === 'string' ? upstream.id : upstream.name
  ctx.set('x-litellm-model-id', printable(id))
  ctx.set('x-litellm-model-api-base', printable(upstream.url))
  const { model } = exchange.sentParams
  if (typeof model === 'string') ctx.set('x-litellm-model-name', printable(model))
  const ms = timeoutAt(upstreams.termsOf(upstream), call.streaming, routing.timeoutMs, timeouts)
  if (ms !== null) ctx.set('x-litellm-timeout', String(ms / 1000))
}

/** Says to the upstream's seat what a call took, once its trace is complete. */
export function noteUse(exchange: Exchange, trace: FullTrace): void {
  const { seat } = exchange
  if (!seat || trace.http_status === null || trace.http_status >= 400) return
  const { prompt, completion } = tokensOf(trace)
  const started = exchange.attempts.at(-1)?.started_ms ?? 0
  seat.used({
    // No prompt is empty: that of a reply which says nothing of it stays as it was estimated.
    tokens: prompt === 0 ? null : prompt + completion,
    answerTokens: completion,
    durationMs: exchange.elapsed() - started,
    firstByteMs: trace.streaming && trace.ttft_ms !== null ? trace.ttft_ms - started : null,
  })
}

/** A header takes no line breaks and nothing beyond Latin-1; a model's name may have either. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500)
}
