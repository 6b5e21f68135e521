import type { JsonObject } from '../plugin/index.ts'

/** What keys, users and teams may be limited to. Null: no limit. */
export interface Allowance {
  /** Models they may ask; empty: all. `*` stands for any text. */
  readonly models: readonly string[]
  /** US dollars in a budget's period, or altogether. */
  readonly max_budget: number | null
  /** As LiteLLM writes it: `30s`, `15m`, `24h`, `30d`, `1mo`. Null: the budget is for ever. */
  readonly budget_duration: string | null
  /** When the period under way began and when it ends; milliseconds since the epoch. */
  readonly budget_started_at: number
  readonly budget_reset_at: number | null
  /** Calls and tokens in 60 seconds, and calls at a time. */
  readonly rpm_limit: number | null
  readonly tpm_limit: number | null
  readonly max_parallel_requests: number | null
  readonly metadata: JsonObject
  readonly blocked: boolean
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly updated_at: number
  /** What else was said when it was made, given back as it was. */
  readonly extra: JsonObject
}

/** A virtual key. The key itself is nowhere: only its SHA-256, in hexadecimal. */
export interface VirtualKey extends Allowance {
  readonly token: string
  /** The hashes it had before it was made anew: what was spent with them, it has spent. */
  readonly formerly: readonly string[]
  /** How it looks, masked: `sk-...abcd`. */
  readonly key_name: string
  readonly key_alias: string | null
  /** Milliseconds since the epoch; null: never. */
  readonly expires: number | null
  readonly user_id: string | null
  readonly team_id: string | null
  /** Other names of models, for this key. */
  readonly aliases: Readonly<Record<string, string>>
  /** What its calls may say about the cache; empty: all that there is to say. */
  readonly allowed_cache_controls: readonly string[]
  /** `configuration`: it stands in the configuration and cannot be changed at run time. */
  readonly origin: 'api' | 'configuration'
}

export interface User extends Allowance {
  readonly user_id: string
  readonly user_alias: string | null
  readonly user_email: string | null
  readonly user_role: string | null
  readonly teams: readonly string[]
}

export interface Team extends Allowance {
  readonly team_id: string
  readonly team_alias: string | null
  /** `{role, user_id}` of each. */
  readonly members_with_roles: readonly JsonObject[]
}

/** Who makes a call. */
export type Identity =
  /** The gateway has no master key: everybody may. */
  | { readonly role: 'anyone' }
  /** The master key: no limits. */
  | { readonly role: 'master' }
  | {
      readonly role: 'key'
      readonly key: VirtualKey
      /** Of the key; null where it has none. */
      readonly user: User | null
      readonly team: Team | null
    }
