import type { FullTrace } from '../plugin/index.ts'
import { tokensOf } from '../metrics/index.ts'
import { nameOf, scopesOf, type Scope } from '../ledger/index.ts'
import type { BudgetLimit, Limit } from '../shared/index.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import type { Exchange } from './exchange.ts'
import { refusedFor, type LimitedBy } from './limit-errors.ts'
import type { Parts } from './parts.ts'
import { reservationOf, type Reservation } from './reservation.ts'

/** What is limited, by LiteLLM's names. */
export type LimitType = LimitedBy['type']

/** How long after its deadline a call that was never settled may hold something, in milliseconds. */
const LEASE_MARGIN_MS = 10_000

/**
 * Lets a call in if its key, user and team have something left of everything they are limited in, and
 * sets aside what the call may use. The master key, and callers of a gateway without one, are not limited.
 *
 * @throws {GatewayError} `rate_limited`, `budget_exceeded`; `shared_state_unavailable` as configured
 */
export async function admit(exchange: Exchange, parts: Parts): Promise<void> {
  if (!exchange.recorded) return
  const scopes = scopesOf(exchange.identity)
  if (scopes.length === 0) return
  const limited = limitsOf(scopes, exchange, parts)
  if (limited.length === 0) return
  const limits = limited.map(({ limit }) => limit)
  const lifeMs = parts.timeouts.totalMs + LEASE_MARGIN_MS
  const claim = await unlessAborted(parts.counters.claim(limits, lifeMs), exchange.call.signal)
  if (!claim.admitted) {
    const by = limited.find(({ limit }) => limit.name === claim.refused.limit.name)
    if (by) throw refusedFor(by, claim.refused)
  } else {
    exchange.admission = { claim, limited }
  }
}

/** Everything a call counts against, narrowest scope first. */
function limitsOf(
  scopes: readonly Scope[],
  exchange: Exchange,
  parts: Parts,
): readonly LimitedBy[] {
  const reserved = reservationOf(exchange)
  return scopes.flatMap((scope) => [
    ...ratesOf(scope, reserved),
    ...budgetOf(scope, reserved, exchange, parts),
  ])
}

function ratesOf(scope: Scope, { prompt, answer }: Reservation): readonly LimitedBy[] {
  const { rpm_limit: rpm, tpm_limit: tpm, max_parallel_requests: parallel } = scope.allowance
  const name = nameOf(scope)
  const of = (
    type: LimitType,
    kind: 'window' | 'held',
    limit: number | null,
    amount: number,
  ): readonly LimitedBy[] =>
    limit === null ? [] : [{ scope, type, limit: { kind, name: `${name}:${type}`, limit, amount } }]
  return [
    ...of('requests', 'window', rpm, 1),
    ...of('tokens', 'window', tpm, prompt + answer),
    ...of('max_parallel_requests', 'held', parallel, 1),
  ]
}

/** What costs nothing, or nobody knows what, is not kept back by a budget that is spent. */
function budgetOf(
  scope: Scope,
  reserved: Reservation,
  exchange: Exchange,
  { prices, spending }: Parts,
): readonly LimitedBy[] {
  const { max_budget: limit, budget_started_at: since } = scope.allowance
  if (limit === null) return []
  const amount = prices.reserve(exchange.routing.model, reserved)
  if (amount === 0) return []
  const name = `${nameOf(scope)}:budget:${since}`
  const budget: BudgetLimit = {
    kind: 'budget',
    name,
    limit,
    amount,
    spent: spending.spentBy(scope),
  }
  return [{ scope, type: 'budget', limit: budget }]
}

/** What a call used in the end; nothing where no answer came. */
export interface Used {
  readonly tokens: number
  /** US dollars. */
  readonly cost: number
}

/** What a call used, by its trace. What a cache answered used no tokens. */
export function usedBy(trace: FullTrace): Used {
  const { prompt, completion } = tokensOf(trace)
  const tokens = trace.cache?.hit === true ? 0 : prompt + completion
  return { tokens, cost: trace.cost ?? 0 }
}

/**
 * Puts what a call used in place of what was set aside for it, and writes its cost to those who pay;
 * once, the first time it is told. Never rejects, and is not waited for.
 */
export function settle(exchange: Exchange, used: Used, parts: Parts): void {
  if (exchange.settled) return
  exchange.settled = true
  for (const scope of scopesOf(exchange.identity)) parts.spending.charge(scope, used.cost)
  const { admission } = exchange
  if (!admission) return
  const { claim, limited } = admission
  const amounts = limited.map(({ type, limit }) => usedOf(type, limit, used))
  const spent = limited.map(({ scope, type }) =>
    type === 'budget' ? parts.spending.spentBy(scope) : 0,
  )
  parts.calls.background(claim.settle({ used: amounts, spent }))
}

function usedOf(type: LimitType, { amount }: Limit, { tokens, cost }: Used): number {
  if (type === 'tokens') return tokens
  return type === 'budget' ? cost : amount
}
