import { asGatewayError } from '../errors/index.ts'
import { highestCost } from './admission.ts'
import { askModel, failedWith, type Answer, type Result } from './ask-model.ts'
import type { Exchange } from './exchange.ts'
import { fallbacksFor } from './fallback.ts'
import type { Parts } from './parts.ts'
import type { Fallback, Plan } from './plan.ts'
import { wantedOf, type Routed } from './route.ts'

/**
 * Sends the call and returns the upstream's answer, whatever its status. Where the model fails that was
 * asked for, those that are configured to stand in for it are asked in turn, each with its own retries
 * and its own stand-ins. When all have failed, the caller gets what the first one said.
 */
export async function forward(
  exchange: Exchange,
  { plan, upstreams, nobody }: Routed,
  parts: Parts,
): Promise<Answer> {
  const first = nobody
    ? failedWith(nobody, null, parts)
    : await askModel(exchange, plan, upstreams, parts)
  return (await fallBack(exchange, plan, first, parts)) ?? first.finish()
}

async function fallBack(
  exchange: Exchange,
  plan: Plan,
  first: Result,
  parts: Parts,
): Promise<Answer | null> {
  const { routing } = exchange
  if (!first.failure) return null
  const original = stateOf(exchange)
  const asked = new Set([routing.model])
  const next = [...fallbacksFor(plan, routing.model, first.failure.kind, parts.forwarding)]
  while (routing.fallbacks < parts.forwarding.maxFallbacks) {
    const fallback = next.shift()
    if (!fallback) break
    if (asked.has(fallback.model)) continue
    if (routing.isFree && highestCost(exchange, fallback, parts) > 0) continue
    asked.add(fallback.model)
    routing.fallbacks += 1
    const result = await askInstead(exchange, plan, fallback, parts)
    if (!result.failure) {
      first.discard()
      return result.finish()
    }
    result.discard()
    next.unshift(...fallbacksFor(plan, fallback.model, result.failure.kind, parts.forwarding))
  }
  Object.assign(exchange, original)
  return null
}

async function askInstead(
  exchange: Exchange,
  plan: Plan,
  { model, params }: Fallback,
  parts: Parts,
): Promise<Result> {
  const { routing, call } = exchange
  routing.model = model
  routing.params = params
  exchange.seat?.leave()
  try {
    const placing = await parts.upstreams.place(wantedOf(plan, model, exchange), call.signal)
    exchange.seat = placing.seat
    return await askModel(exchange, plan, placing.upstreams, parts)
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (call.signal.aborted) throw error
    return failedWith(error, null, parts)
  }
}

/** What a call says of the attempt that is answered. */
function stateOf(exchange: Exchange): Partial<Exchange> {
  const { sentParams, sentBytes, upstream, weightVersion, changes } = exchange
  return { sentParams, sentBytes, upstream, weightVersion, changes: [...changes] }
}
