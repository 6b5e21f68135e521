import type { Ledger } from './ledger.ts'
import type { VirtualKey } from './records.ts'
import type { Spender } from './spending.ts'

/** A key as one who spends. */
export function spenderOf(key: VirtualKey): Spender {
  return { kind: 'api_key', id: key.token, formerly: key.formerly, allowance: key }
}

/** Everybody who may spend, with the budget period under way. */
export function spendersOf(
  ledger: Pick<Ledger, 'allKeys' | 'users' | 'teams' | 'everybody'>,
): readonly Spender[] {
  const { allKeys, users, teams, everybody } = ledger
  return [
    ...(everybody ? [{ kind: 'proxy' as const, id: '', allowance: everybody }] : []),
    ...allKeys().map(spenderOf),
    ...users.list().map((user) => ({ kind: 'user' as const, id: user.user_id, allowance: user })),
    ...teams.list().map((team) => ({ kind: 'team' as const, id: team.team_id, allowance: team })),
  ]
}
