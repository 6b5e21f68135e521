import type { Context } from 'koa'
import { costOf, NO_COST, totalOf, usageOf, type CostParts } from '../ledger/index.ts'
import { withFlags, type CostDetails, type FullTrace } from '../plugin/index.ts'
import { decimal } from '../util/decimal.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import { promptTokens } from './plan.ts'

/**
 * The trace with what its call cost. Only the attempt that was answered is counted, and one that was
 * answered with an error is free. What a plugin has reckoned itself stands, if it is an amount of money.
 */
export function priced(
  exchange: Exchange,
  trace: FullTrace,
  parts: Pick<Parts, 'prices'>,
): FullTrace {
  if (trace.cost === null) return reckoned(exchange, trace, parts)
  if (isAmount(trace.cost)) return trace
  const warnings = withFlags(trace.warnings, ['cost_unusable'])
  return reckoned(exchange, { ...trace, cost: null, cost_details: null, warnings }, parts)
}

function reckoned(
  exchange: Exchange,
  trace: FullTrace,
  { prices }: Pick<Parts, 'prices'>,
): FullTrace {
  if (trace.cache?.hit === true) return costing(trace, NO_COST, 'cache', false)
  const { upstream, sentParams, routing } = exchange
  if (!upstream) return trace
  // Nobody can tell from the bytes of a picture or a sound what it would be billed as.
  if (trace.dialect === 'other' && trace.usage === null) return trace
  const usage = usageOf(trace, promptTokens(exchange))
  const { model } = sentParams
  const found = prices.of(upstream, {
    asked: routing.model,
    sent: typeof model === 'string' ? model : routing.model,
    answered: trace.response_model,
    promptTokens: usage.prompt,
  })
  if (!found) return trace
  if (trace.http_status === null || trace.http_status >= 400) {
    return costing(trace, NO_COST, found.source, false)
  }
  const parts = costOf(usage, found.prices, secondsOf(trace))
  return costing(trace, parts, found.source, usage.estimated)
}

/**
 * Says in LiteLLM's header what a single reply cost, to callers of a LiteLLM configuration. The head of
 * a stream leaves before anybody knows that.
 */
export function tellCost(ctx: Context, { cost }: Exchange, { forwarding }: Parts): void {
  if (forwarding.litellm && cost !== null) ctx.set('x-litellm-response-cost', decimal(cost))
}

function costing(
  trace: FullTrace,
  parts: CostParts,
  source: CostDetails['source'],
  estimated: boolean,
): FullTrace {
  const cost = totalOf(parts)
  if (!isAmount(cost)) return trace
  return { ...trace, cost, cost_details: { ...parts, source, estimated } }
}

/** Plugins write costs, and prices may be beyond all measure: only what sums can take is one. */
function isAmount(cost: unknown): boolean {
  return typeof cost === 'number' && cost >= 0 && cost <= Number.MAX_SAFE_INTEGER
}

/** Seconds from when the answered attempt was sent to the end of its reply. */
function secondsOf({ latency_ms: latency, attempts }: FullTrace): number {
  return Math.max(0, latency - (attempts.at(-1)?.started_ms ?? 0)) / 1000
}
