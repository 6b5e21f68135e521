import type { SpendRow } from '../../src/trace/index.ts'
import { hashOf } from '../../src/ledger/index.ts'
import { callerOf, spendOf } from '../trace/samples.ts'

export const KEY = 'sk-of-ann'
export const HASH = hashOf(KEY)
/** Long ago, so that no view of the last days has it. */
export const OLD = Date.parse('2024-02-28T12:00:00Z') / 1000
export const DAY = 86_400

const ann = callerOf({ key_hash: HASH, user_id: 'ann', team_id: 'red', end_user: 'shop' })
const bob = callerOf({ key_hash: hashOf('sk-of-bob'), user_id: 'bob', end_user: 'bank' })

/** Three calls of two payers on two days. */
export function someSpend(start: number): SpendRow[] {
  const row = (id: string, at: number, fields: Partial<SpendRow>): SpendRow =>
    spendOf({ request_id: id, started_at: start + at, ended_at: start + at + 2, ...fields })
  return [
    row('first', 0, { caller: ann, model: 'small', spend: 0.5, provider: 'openai' }),
    row('second', 60, { caller: bob, model: 'big', spend: 2, provider: 'hosted_vllm' }),
    row('third', DAY, { caller: ann, model: 'big', spend: 4, provider: 'hosted_vllm' }),
  ]
}
