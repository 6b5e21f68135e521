import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSpending, type Spender } from '../../src/ledger/index.ts'
import type { SpendSum } from '../../src/trace/index.ts'

const DAY = 86_400_000

const key = (begun: number, id = 'k'): Spender => ({
  kind: 'api_key',
  id,
  allowance: { budget_started_at: begun },
})

/** Books in which the key has spent a dollar on each day since the epoch, up to the third. */
function books(): { asked: number; spendSums: () => Promise<readonly SpendSum[]> } {
  const made = {
    asked: 0,
    async spendSums(_by?: unknown, { since = 0 }: { since?: number } = {}) {
      made.asked += 1
      const spend = 3 - Math.ceil((since * 1000) / DAY)
      return [{ by: ['k'], spend, calls: 1, prompt_tokens: 0, completion_tokens: 0 }]
    },
  }
  return made
}

test('what was spent before the period is not counted, and the books are asked once', async () => {
  const asked = books()
  const spending = await openSpending(asked, [key(DAY)])
  assert.equal(spending.spentBy(key(DAY)), 2)
  assert.equal(spending.spentBy(key(2 * DAY)), 0)
  assert.equal(spending.spentBy(key(DAY, 'other')), 0)
  await spending.takeUp([key(DAY)])
  assert.equal(asked.asked, 1)
})

test('a call that ends after its period is over costs that one, and not the next', async () => {
  const spending = await openSpending(books(), [key(DAY)])
  spending.charge(key(2 * DAY), 0.5)
  spending.charge(key(DAY), 10)
  assert.equal(spending.spentBy(key(2 * DAY)), 0.5)
})

test('a period that a reload has begin earlier has all that was spent since', async () => {
  const spending = await openSpending(books(), [key(2 * DAY)])
  spending.charge(key(2 * DAY), 0.5)
  await spending.takeUp([key(0)])
  spending.charge(key(2 * DAY), 0.25)
  spending.charge(key(0), 1)
  assert.equal(spending.spentBy(key(0)), 4.25)
  assert.equal(spending.spentBy(key(2 * DAY)), 1.75)
})

test('everybody together has a sum of its own', async () => {
  const everybody: Spender = { kind: 'proxy', id: '', allowance: { budget_started_at: 0 } }
  const total = { by: [], spend: 7, calls: 1, prompt_tokens: 0, completion_tokens: 0 }
  const spending = await openSpending({ spendSums: async () => [total] }, [everybody])
  spending.charge(everybody, 1)
  assert.equal(spending.spentBy(everybody), 8)
  assert.equal(spending.spentBy(key(0)), 0)
})
