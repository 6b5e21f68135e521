import { GatewayError } from '../errors/index.ts'
import type { Scope } from '../ledger/index.ts'
import type { Limit, Standing } from '../shared/index.ts'

/** A limit and whose it is. */
export interface LimitedBy {
  readonly scope: Scope
  readonly type: 'requests' | 'tokens' | 'max_parallel_requests' | 'budget'
  readonly limit: Limit
}

/** What LiteLLM calls them in errors. */
const NAMES = { api_key: 'Key', user: 'User', team: 'Team' } as const
/** When to come back where nothing says when something will be free, in milliseconds. */
const SOON_MS = 1_000

/** The 429 that says what is used up, in the words and headers of LiteLLM. */
export function refusedFor(by: LimitedBy, standing: Standing): GatewayError {
  return by.type === 'budget' ? budgetSpent(by, standing) : rateExceeded(by, standing)
}

function rateExceeded({ scope, type }: LimitedBy, standing: Standing): GatewayError {
  const inMs = standing.resetsInMs ?? SOON_MS
  const resetAt = `${new Date(Date.now() + inMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const { limit } = standing.limit
  return new GatewayError('rate_limited', {
    text:
      `Rate limit exceeded for ${scope.kind}: ${scope.id}. Limit type: ${type}. ` +
      `Current limit: ${limit}, Remaining: 0. Limit resets at: ${resetAt}`,
    headers: {
      'retry-after': String(Math.ceil(inMs / 1000)),
      rate_limit_type: type,
      reset_at: resetAt,
    },
  })
}

/** A budget that is spent is not there again in a moment: clients should not try at once. */
function budgetSpent({ scope }: LimitedBy, { used, limit }: Standing): GatewayError {
  const whose = scope.kind === 'proxy' ? '' : `${NAMES[scope.kind]}=${scope.alias ?? scope.id} `
  const resetsAt = scope.allowance.budget_reset_at
  const retryAfter =
    resetsAt === null
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil((resetsAt - Date.now()) / 1000))) }
  return new GatewayError('budget_exceeded', {
    text:
      `Budget has been exceeded! ${whose}` +
      `Current cost: ${dollars(used)}, Max budget: ${dollars(limit.limit ?? 0)}`,
    headers: { 'x-should-retry': 'false', ...retryAfter },
  })
}

/** Without an exponent, and without the noise of binary fractions. */
function dollars(amount: number): string {
  return amount.toFixed(10).replace(/0+$/, '').replace(/\.$/, '.0')
}
