import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Counters, Limit } from '../../src/shared/index.ts'

export const LIFE_MS = 60_000

export const window = (name: string, limit: number | null, amount = 1): Limit => ({
  kind: 'window',
  name,
  limit,
  amount,
})
export const held = (name: string, limit: number | null): Limit => ({
  kind: 'held',
  name,
  limit,
  amount: 1,
})
export const budget = (name: string, limit: number, amount: number, spent = 0): Limit => ({
  kind: 'budget',
  name,
  limit,
  amount,
  spent,
})

export type Admitted = Extract<Claim, { admitted: true }>

export async function admitted(claiming: Promise<Claim>): Promise<Admitted> {
  const claim = await claiming
  assert.ok(claim.admitted)
  return claim
}

/** What counters promise, wherever they count. */
export function testCounters(
  name: string,
  open: () => Promise<{ counters: Counters; shortWindows: Counters }>,
  skip: false | string = false,
): void {
  const check = (what: string, run: (counters: Counters, short: Counters) => Promise<void>): void =>
    void test(`${name}: ${what}`, { skip }, async () => {
      const { counters, shortWindows } = await open()
      await run(counters, shortWindows)
    })

  check(
    'a call is refused when a limit is used up, and counts against nothing',
    async (counters) => {
      const limits = [window('a', null), window('b', 1)]
      await admitted(counters.claim(limits, LIFE_MS))
      const second = await counters.claim(limits, LIFE_MS)
      assert.equal(second.admitted, false)
      assert.equal(second.refused.limit.name, 'b')
      assert.equal(second.refused.used, 1)
      assert.ok((second.refused.resetsInMs ?? 0) > 0)
      const { standings } = await admitted(counters.claim([window('a', null)], LIFE_MS))
      assert.equal(standings[0]?.used, 2)
    },
  )

  check('a limit of 0 lets nobody in', async (counters) => {
    const claim = await counters.claim([window('a', 0)], LIFE_MS)
    assert.equal(claim.admitted, false)
    assert.ok((claim.refused.resetsInMs ?? 0) > 0)
  })

  check('what was used takes the place of what was set aside, once', async (counters) => {
    const tokens = window('tokens', 100, 90)
    const claim = await admitted(counters.claim([tokens], LIFE_MS))
    assert.equal(claim.standings[0]?.used, 90)
    await claim.settle({ used: [20], spent: [0] })
    await claim.settle({ used: [0], spent: [0] })
    const next = await admitted(counters.claim([tokens], LIFE_MS))
    assert.equal(next.standings[0]?.used, 110)
  })

  check('what calls hold is given back when they settle', async (counters) => {
    const claim = await admitted(counters.claim([held('a', 1)], LIFE_MS))
    assert.equal(claim.standings[0]?.resetsInMs, null)
    assert.equal((await counters.claim([held('a', 1)], LIFE_MS)).admitted, false)
    await claim.settle({ used: [1], spent: [0] })
    await admitted(counters.claim([held('a', 1)], LIFE_MS))
  })

  check('a budget counts what was spent and what is set aside', async (counters) => {
    const first = await admitted(counters.claim([budget('a', 1, 0.25, 0.125)], LIFE_MS))
    assert.equal(first.standings[0]?.used, 0.375)
    const second = await admitted(counters.claim([budget('a', 1, 0.625, 0.125)], LIFE_MS))
    assert.equal(second.standings[0]?.used, 1)
    assert.equal((await counters.claim([budget('a', 1, 0.125, 0.125)], LIFE_MS)).admitted, false)
    await second.settle({ used: [0.25], spent: [0.375] })
    const third = await admitted(counters.claim([budget('a', 1, 0.125, 0.375)], LIFE_MS))
    assert.equal(third.standings[0]?.used, 0.75)
  })

  check(
    'a window begins with its first use, and the next with the use after it',
    async (_, short) => {
      const first = await admitted(short.claim([window('a', null)], LIFE_MS))
      const length = first.standings[0]?.resetsInMs ?? 0
      assert.ok(length > 0 && length <= 300)
      const second = await admitted(short.claim([window('a', null)], LIFE_MS))
      assert.ok((second.standings[0]?.resetsInMs ?? Infinity) <= length, 'a use moved the end')
      let latest = second
      const deadline = performance.now() + 10_000
      while (latest.standings[0]?.used !== 1) {
        assert.ok(performance.now() < deadline, 'the window does not end')
        latest = await admitted(short.claim([window('a', null)], LIFE_MS))
      }
      await first.settle({ used: [1_000], spent: [0] })
      const after = await admitted(short.claim([window('a', null)], LIFE_MS))
      assert.ok(
        (after.standings[0]?.used ?? Infinity) < 1_000,
        'a settlement came into a later window',
      )
    },
  )

  check('what a call that never ends holds is given back after its life', async (counters) => {
    await admitted(counters.claim([held('a', 1), budget('b', 1, 1)], 50))
    let next = await counters.claim([held('a', 1), budget('b', 1, 1)], LIFE_MS)
    assert.equal(next.admitted, false)
    while (!next.admitted) next = await counters.claim([held('a', 1), budget('b', 1, 1)], LIFE_MS)
    assert.deepEqual(
      next.standings.map(({ used }) => used),
      [1, 1],
    )
  })

  check('a call that never ends gives back what is its own, and no more', async (counters) => {
    await admitted(counters.claim([held('a', 2)], 50))
    await admitted(counters.claim([held('a', 2)], LIFE_MS))
    let next = await counters.claim([held('a', 2)], LIFE_MS)
    assert.equal(next.admitted, false)
    const deadline = performance.now() + 10_000
    while (!next.admitted) {
      assert.ok(performance.now() < deadline, 'nothing is given back')
      next = await counters.claim([held('a', 2)], LIFE_MS)
    }
    assert.equal(next.standings[0]?.used, 2)
    assert.equal((await counters.claim([held('a', 2)], LIFE_MS)).admitted, false)
  })

  check('calls that come together overshoot by one amount at most', async (counters) => {
    const tokens = window('tokens', 95, 10)
    const claims = await Promise.all(
      Array.from({ length: 100 }, () => counters.claim([tokens, held('h', 50)], LIFE_MS)),
    )
    assert.equal(claims.filter((claim) => claim.admitted).length, 10)
  })
}
