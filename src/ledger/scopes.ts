import type { Allowance, Identity } from './records.ts'

/** A key, user or team that a call counts against; `proxy` is everybody together. */
export interface Scope {
  /** LiteLLM's word for it, which its headers and errors carry. */
  readonly kind: 'api_key' | 'user' | 'team' | 'proxy'
  /** The hash of the key, or the id; empty for everybody. */
  readonly id: string
  /** How people call it. */
  readonly alias: string | null
  readonly allowance: Allowance
  /** False where what is spent is counted, and its budget keeps nothing back: another one pays. */
  readonly pays: boolean
}

/**
 * What a call counts against, narrowest first. What a key of a team spends is for the team's budget to
 * allow and not for its user's; what it uses in a minute counts for both.
 *
 * @param everybody what all calls together are limited to; null where they are not
 */
export function scopesOf(identity: Identity, everybody: Allowance | null): readonly Scope[] {
  const scopes: Scope[] = []
  if (identity.role === 'key') {
    const { key, user, team } = identity
    const { token: id, key_alias: alias } = key
    scopes.push({ kind: 'api_key', id, alias, allowance: key, pays: true })
    if (user) {
      const { user_id: id, user_alias: alias } = user
      scopes.push({ kind: 'user', id, alias, allowance: user, pays: team === null })
    }
    if (team) {
      const { team_id: id, team_alias: alias } = team
      scopes.push({ kind: 'team', id, alias, allowance: team, pays: true })
    }
  }
  if (everybody) {
    scopes.push({ kind: 'proxy', id: '', alias: null, allowance: everybody, pays: true })
  }
  return scopes
}

/** The name of a scope, by which money and counters are kept. */
export function nameOf({ kind, id }: Pick<Scope, 'kind' | 'id'>): string {
  return `${kind}:${id}`
}
