import type { Ledger } from './ledger.ts'
import type { Spender } from './spending.ts'

/** Everybody who may spend, with the budget period under way. */
export function spendersOf({
  allKeys,
  users,
  teams,
}: Pick<Ledger, 'allKeys' | 'users' | 'teams'>): readonly Spender[] {
  return [
    ...allKeys().map((key) => ({ kind: 'api_key' as const, id: key.token, allowance: key })),
    ...users.list().map((user) => ({ kind: 'user' as const, id: user.user_id, allowance: user })),
    ...teams.list().map((team) => ({ kind: 'team' as const, id: team.team_id, allowance: team })),
  ]
}
