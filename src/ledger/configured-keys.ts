import { firstPeriod } from './budget-period.ts'
import { hashOf, maskOf } from './key-text.ts'
import type { VirtualKey } from './records.ts'

/** What the configuration says of a key, by the key itself or by the alias of one. */
export interface ConfiguredKey {
  readonly rpm?: number
  readonly tpm?: number
  readonly max_parallel_requests?: number
  readonly models?: readonly string[]
  readonly max_budget?: number
  readonly budget_duration?: string
  readonly alias?: string
}

export type ConfiguredKeys = Readonly<Record<string, ConfiguredKey>>

/** Shorter ones can be tried out. */
const GUESSABLE = 16

/** How many entries are so short that somebody may find one by trying. */
export function guessable(keys: ConfiguredKeys): number {
  return Object.keys(keys).filter((text) => text.length < GUESSABLE).length
}

/** The virtual key that an entry of the configuration is. */
export function configuredKey(text: string, said: ConfiguredKey, now: number): VirtualKey {
  return {
    token: hashOf(text),
    key_name: maskOf(text),
    key_alias: said.alias ?? null,
    expires: null,
    user_id: null,
    team_id: null,
    aliases: {},
    origin: 'configuration',
    models: said.models ?? [],
    max_budget: said.max_budget ?? null,
    budget_duration: said.budget_duration ?? null,
    // From the epoch on, so that a restart begins no new one.
    ...firstPeriod(said.budget_duration ?? null, now, 0),
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
export function withLimitsOf(said: ConfiguredKey, key: VirtualKey): VirtualKey {
  return {
    ...key,
    rpm_limit: key.rpm_limit ?? said.rpm ?? null,
    tpm_limit: key.tpm_limit ?? said.tpm ?? null,
    max_parallel_requests: key.max_parallel_requests ?? said.max_parallel_requests ?? null,
  }
}
