import { standingPeriod, type BudgetPeriod } from './budget-period.ts'
import { hashOf, maskOf } from './key-text.ts'
import type { Allowance, VirtualKey } from './records.ts'

/** US dollars, for ever or for each period. */
export interface ConfiguredBudget {
  readonly max_budget?: number
  readonly budget_duration?: string
}

/** What the configuration says of a key, by the key itself or by the alias of one. */
export interface ConfiguredKey extends ConfiguredBudget {
  readonly rpm?: number
  readonly tpm?: number
  readonly max_parallel_requests?: number
  readonly models?: readonly string[]
  readonly alias?: string
}

export type ConfiguredKeys = Readonly<Record<string, ConfiguredKey>>

/** Shorter ones can be tried out. */
const GUESSABLE = 16

/** How many entries are so short that somebody may find one by trying. */
export function guessable(keys: ConfiguredKeys): number {
  return Object.keys(keys).filter((text) => text.length < GUESSABLE).length
}

/** A budget as the configuration says it, in the period under way. */
export function budgetOf(
  said: ConfiguredBudget,
  now: number,
): Pick<Allowance, 'max_budget' | 'budget_duration'> & BudgetPeriod {
  const max_budget = said.max_budget ?? null
  const budget_duration = said.budget_duration ?? null
  return { max_budget, budget_duration, ...standingPeriod(budget_duration, now) }
}

/** The virtual key that an entry of the configuration is. */
export function configuredKey(text: string, said: ConfiguredKey, now: number): VirtualKey {
  return {
    token: hashOf(text),
    formerly: [],
    key_name: maskOf(text),
    key_alias: said.alias ?? null,
    expires: null,
    user_id: null,
    team_id: null,
    aliases: {},
    allowed_cache_controls: [],
    origin: 'configuration',
    models: said.models ?? [],
    ...budgetOf(said, now),
    rpm_limit: said.rpm ?? null,
    tpm_limit: said.tpm ?? null,
    max_parallel_requests: said.max_parallel_requests ?? null,
    metadata: {},
    blocked: false,
    created_at: 0,
    updated_at: 0,
    extra: {},
  }
}

/** A key with the limits that the configuration has for its alias, where it has none of its own. */
export function withLimitsOf(said: ConfiguredKey, key: VirtualKey, now: number): VirtualKey {
  return {
    ...key,
    ...(key.max_budget === null ? budgetOf(said, now) : {}),
    models: key.models.length > 0 ? key.models : (said.models ?? []),
    rpm_limit: key.rpm_limit ?? said.rpm ?? null,
    tpm_limit: key.tpm_limit ?? said.tpm ?? null,
    max_parallel_requests: key.max_parallel_requests ?? said.max_parallel_requests ?? null,
  }
}
