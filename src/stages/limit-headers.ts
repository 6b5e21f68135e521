import type { Context } from 'koa'
import type { Standing } from '../shared/index.ts'
import type { Exchange } from './exchange.ts'
import type { LimitedBy } from './limit-errors.ts'
import type { Parts } from './parts.ts'

/**
 * Says to a caller that is limited how it stands: for each scope in LiteLLM's headers, and for its
 * narrowest limits in those that OpenAI's clients read, above what the upstream says of our account there.
 */
export function tellLimits(
  ctx: Context,
  exchange: Exchange,
  { forwarding, spending }: Parts,
): void {
  const { admission } = exchange
  if (!admission) return
  const { limited, claim } = admission
  const narrowest: Partial<Record<LimitedBy['type'], Standing>> = {}
  for (const [at, { scope, type }] of limited.entries()) {
    const standing = claim.standings[at]
    if (!standing || type === 'budget') continue
    ctx.set(`x-ratelimit-${scope.kind}-limit-${type}`, String(standing.limit.limit))
    ctx.set(`x-ratelimit-${scope.kind}-remaining-${type}`, String(remaining(standing)))
    const other = narrowest[type]
    if (!other || remaining(standing) < remaining(other)) narrowest[type] = standing
  }
  tellNarrowest(ctx, 'requests', narrowest.requests)
  tellNarrowest(ctx, 'tokens', narrowest.tokens)
  const first = limited[0]?.scope
  if (!forwarding.litellm || first?.kind !== 'api_key') return
  const { rpm_limit: rpm, tpm_limit: tpm, max_budget: budget } = first.allowance
  tell(ctx, 'x-litellm-key-rpm-limit', rpm)
  tell(ctx, 'x-litellm-key-tpm-limit', tpm)
  tell(ctx, 'x-litellm-key-max-budget', budget)
  tell(ctx, 'x-litellm-key-spend', spending.spentBy(first))
}

function tellNarrowest(ctx: Context, type: string, narrowest?: Standing): void {
  if (!narrowest) return
  ctx.set(`x-ratelimit-limit-${type}`, String(narrowest.limit.limit))
  ctx.set(`x-ratelimit-remaining-${type}`, String(remaining(narrowest)))
  ctx.set(`x-ratelimit-reset-${type}`, `${Math.ceil((narrowest.resetsInMs ?? 0) / 1000)}s`)
}

function remaining({ limit, used }: Standing): number {
  return Math.max(0, Math.floor((limit.limit ?? 0) - used))
}

function tell(ctx: Context, name: string, value: number | null): void {
  if (value !== null) ctx.set(name, String(value))
}
