import type { Allowance, Identity } from './records.ts'

/** A key, user or team that a call counts against. */
export interface Scope {
  /** LiteLLM's word for it, which its headers and errors carry. */
  readonly kind: 'api_key' | 'user' | 'team'
  /** The hash of the key, or the id. */
  readonly id: string
  /** How people call it. */
  readonly alias: string | null
  readonly allowance: Allowance
}

/**
 * What a call counts against, narrowest first. The budget of a key that belongs to a team is the team's
 * affair and not its user's, so the user is left out then.
 */
export function scopesOf(identity: Identity): readonly Scope[] {
  if (identity.role !== 'key') return []
  const { key, user, team } = identity
  const scopes: Scope[] = [{ kind: 'api_key', id: key.token, alias: key.key_alias, allowance: key }]
  if (user && !team) {
    const { user_id: id, user_alias: alias } = user
    scopes.push({ kind: 'user', id, alias, allowance: user })
  }
  if (team) {
    const { team_id: id, team_alias: alias } = team
    scopes.push({ kind: 'team', id, alias, allowance: team })
  }
  return scopes
}

/** The name of a scope, by which money and counters are kept. */
export function nameOf({ kind, id }: Pick<Scope, 'kind' | 'id'>): string {
  return `${kind}:${id}`
}
