import type { FullTrace } from '../plugin/index.ts'
import { nameOf, scopesOf, usageOf } from '../ledger/index.ts'
import type { Limit, Standing } from '../shared/index.ts'
import { amount } from '../trace/index.ts'
import type { Admission, Exchange } from './exchange.ts'
import { standInsFor } from './fallback.ts'
import { refusedFor, type LimitedBy } from './limit-errors.ts'
import type { Parts } from './parts.ts'
import { promptTokens, type Fallback, type Plan } from './plan.ts'
import { reservationOf } from './reservation.ts'

/** What is limited, by LiteLLM's names. */
export type LimitType = LimitedBy['type']

/** How long after its deadline a call that was never settled may hold something, in milliseconds. */
const LEASE_MARGIN_MS = 10_000

/**
 * Lets a call in if its key, user and team have something left of everything they are limited in, and
 * sets aside what the call may use. The master key, and callers of a gateway without one, are limited by
 * what holds for everybody alone.
 *
 * @throws {GatewayError} `rate_limited`, `budget_exceeded`; `shared_state_unavailable` as configured
 */
export async function admit(exchange: Exchange, plan: Plan, parts: Parts): Promise<void> {
  if (!exchange.recorded) return
  exchange.scopes = scopesOf(exchange.identity, parts.ledger.everybody)
  if (exchange.scopes.length === 0) return
  const rates = ratesOf(exchange)
  const budgets = budgetsOf(exchange, plan, parts)
  const refusal = await claimed(exchange, [...rates, ...budgets], parts)
  if (!refusal) return
  // A model that costs nothing may be asked with a budget that is spent, but none that costs in its place.
  const isFree = highestCost(exchange, { model: plan.model, params: {} }, parts) === 0
  if (refusal.by.type !== 'budget' || !isFree) throw refusedFor(refusal.by, refusal.standing)
  exchange.routing.isFree = true
  const second = await claimed(exchange, rates, parts)
  if (second) throw refusedFor(second.by, second.standing)
}

interface Refusal {
  readonly by: LimitedBy
  readonly standing: Standing
}

/** Counts the call against all of these, or says which of them is used up. */
async function claimed(
  exchange: Exchange,
  limited: readonly LimitedBy[],
  parts: Parts,
): Promise<Refusal | null> {
  if (limited.length === 0) return null
  const limits = limited.map(({ limit }) => limit)
  // Counters that are shared have a deadline of their own. A caller that has left by then gives back
  // what it holds like any other.
  const claim = await parts.counters.claim(limits, parts.timeouts.totalMs + LEASE_MARGIN_MS)
  if (claim.admitted) {
    exchange.admission = { claim, limited }
    exchange.call.signal.throwIfAborted()
    return null
  }
  const { refused: standing } = claim
  const by = limited.find(({ limit }) => limit.name === standing.limit.name)
  return by ? { by, standing } : null
}

/** What a call counts against in a minute and at a time, narrowest scope first. */
function ratesOf(exchange: Exchange): readonly LimitedBy[] {
  const { prompt, answer } = reservationOf(exchange)
  const rates: LimitedBy[] = []
  for (const scope of exchange.scopes) {
    const { rpm_limit: rpm, tpm_limit: tpm, max_parallel_requests: parallel } = scope.allowance
    const scopeName = nameOf(scope)
    const add = (
      type: LimitType,
      kind: 'window' | 'held',
      limit: number | null,
      amount: number,
    ): void => {
      if (limit === null) return
      rates.push({ scope, type, limit: { kind, name: `${scopeName}:${type}`, limit, amount } })
    }
    add('requests', 'window', rpm, 1)
    add('tokens', 'window', tpm, prompt + answer)
    add('max_parallel_requests', 'held', parallel, 1)
  }
  return rates
}

/**
 * The budgets that pay for a call, whichever model answers it in the end. What costs nothing, or nobody
 * knows what, is not kept back by a budget that is spent.
 */
function budgetsOf(exchange: Exchange, plan: Plan, parts: Parts): readonly LimitedBy[] {
  const paying = exchange.scopes.filter(
    ({ pays, allowance }) => pays && allowance.max_budget !== null,
  )
  if (paying.length === 0) return []
  const models = [{ model: plan.model, params: {} }, ...standInsFor(plan, parts.forwarding)]
  const cost = Math.max(...models.map((one) => highestCost(exchange, one, parts)))
  if (cost === 0) return []
  return paying.map((scope): LimitedBy => {
    const { max_budget: limit, budget_started_at: since } = scope.allowance
    const name = `${nameOf(scope)}:budget:${since}`
    const spent = parts.spending.spentBy(scope)
    return { scope, type: 'budget', limit: { kind: 'budget', name, limit, amount: cost, spent } }
  })
}

/** The most that the call may cost with this model, in US dollars. */
export function highestCost(
  exchange: Exchange,
  { model, params }: Fallback,
  { prices }: Parts,
): number {
  return prices.reserve(model, reservationOf(exchange, params))
}

/** What a call used in the end; nothing where no answer came. */
export interface Used {
  readonly tokens: number
  /** US dollars. */
  readonly cost: number
}

export const NOTHING: Used = { tokens: 0, cost: 0 }

/**
 * What a call used, by its trace; estimated where the upstream did not come to say it, as in a stream that
 * was cut. What a cache answered used no tokens, nor did what was refused.
 */
export function usedBy(exchange: Exchange, trace: FullTrace): Used {
  const cost = amount(trace.cost)
  const { cache, http_status: status, dialect, usage } = trace
  const isAnswered = cache?.hit !== true && status !== null && status < 400
  if (!isAnswered || (dialect === 'other' && usage === null)) return { tokens: 0, cost }
  const { prompt, completion } = usageOf(trace, promptTokens(exchange))
  return { tokens: prompt + completion, cost }
}

/**
 * Puts what a call used in place of what was set aside for it, and writes its cost to those who pay;
 * once, the first time it is told. Never rejects, and is not waited for.
 */
export function settle(exchange: Exchange, used: Used, parts: Parts): void {
  if (exchange.settled) return
  exchange.settled = true
  for (const scope of exchange.scopes) parts.spending.charge(scope, used.cost)
  if (exchange.admission) parts.calls.background(put(exchange.admission, used, parts))
}

/** Puts what was used in place of what was set aside. */
function put({ claim, limited }: Admission, used: Used, parts: Parts): Promise<void> {
  const amounts = limited.map(({ type, limit }) => usedOf(type, limit, used))
  const spent = limited.map(({ scope, type }) =>
    type === 'budget' ? parts.spending.spentBy(scope) : 0,
  )
  return claim.settle({ used: amounts, spent })
}

function usedOf(type: LimitType, limit: Limit, { tokens, cost }: Used): number {
  if (type === 'tokens') return tokens
  return type === 'budget' ? cost : limit.amount
}
