import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createMemoryCounters, type Counters, type Limit } from '../../../src/shared/index.ts'
import { createRedisCounters } from '../../../src/shared/redis/redis-counters.ts'
import { connected } from '../../support/connected-redis.ts'
import { startRedis, withoutRedis, type RunningRedis } from '../../support/redis.ts'
import { createScope } from '../../support/scope.ts'
import {
  admitted,
  budget,
  held,
  LIFE_MS,
  testCounters,
  window,
  type Admitted,
} from '../counters.contract.ts'

const skip = withoutRedis
const scope = createScope()
let server: RunningRedis
let names = 0

before(async () => {
  if (!skip) server = await startRedis(scope)
})
after(() => scope.close())

async function open(
  gatewayId = 'one',
  namespace = `n${(names += 1)}`,
): Promise<{ counters: Counters; shortWindows: Counters }> {
  const redis = await connected(scope, server.url, { namespace })
  return {
    counters: createRedisCounters({ redis, gatewayId }),
    shortWindows: createRedisCounters({ redis, gatewayId, windowMs: 300 }),
  }
}

testCounters('Redis', () => open(), skip)

test('two gateways overshoot a limit by one amount at most', { skip }, async () => {
  const [one, other] = [await open('one', 'two'), await open('other', 'two')]
  const limits = [window('tokens', 95, 10), budget('b', 100, 1)]
  const claims = await Promise.all(
    Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).counters.claim(limits, LIFE_MS)),
  )
  assert.equal(claims.filter((claim) => claim.admitted).length, 10)
})

test(
  'a budget counts what every gateway says it spent, again after a flush',
  { skip },
  async () => {
    const [one, other] = [await open('one', 'flushed'), await open('other', 'flushed')]
    const first = await admitted(one.counters.claim([budget('a', 10, 0, 4)], LIFE_MS))
    const both = await admitted(other.counters.claim([budget('a', 10, 0, 5)], LIFE_MS))
    assert.equal(both.standings[0]?.used, 9)
    await server.cli('FLUSHALL')
    await first.settle({ used: [0], spent: [4.5] })
    const again = await admitted(other.counters.claim([budget('a', 10, 0.5, 5)], LIFE_MS))
    assert.equal(again.standings[0]?.used, 10)
    assert.equal((await one.counters.claim([budget('a', 10, 0.5, 4.5)], LIFE_MS)).admitted, false)
  },
)

test('nothing is left of calls that have ended', { skip }, async () => {
  const { counters } = await open('one', 'left')
  const claim = await admitted(counters.claim([held('a', 3), budget('b', 1, 0.1)], LIFE_MS))
  await claim.settle({ used: [1, 0.1], spent: [0, 0.1] })
  assert.equal(await server.cli('KEYS', 'left:*'), 'left:spent:b')
})

test('memory and Redis agree on whatever calls come and end', { skip }, async () => {
  const { counters } = await open()
  const amount = fc.constantFrom(0, 1, 2, 0.1, 1e-7, 123.456)
  const limit: fc.Arbitrary<Limit> = fc
    .oneof(
      fc.record({ kind: fc.constant('window' as const), limit: fc.option(amount), amount }),
      fc.record({
        kind: fc.constant('held' as const),
        limit: fc.option(amount),
        amount: fc.constant(1),
      }),
      fc.record({
        kind: fc.constant('budget' as const),
        limit: fc.option(amount),
        amount,
        spent: amount,
      }),
    )
    .map((made) => ({ ...made, name: made.kind }))
  const limits = fc.uniqueArray(limit, { selector: ({ kind }) => kind, maxLength: 3 })
  const step = fc.oneof(
    fc.record({ claim: limits }),
    fc.record({ settle: fc.nat(10), used: fc.array(amount, { minLength: 3, maxLength: 3 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await server.cli('FLUSHALL')
      const memory = createMemoryCounters()
      const pairs: { both: readonly Admitted[]; limits: readonly Limit[] }[] = []
      for (const one of steps) {
        if ('claim' in one) {
          const [here, there] = [
            await memory.claim(one.claim, LIFE_MS),
            await counters.claim(one.claim, LIFE_MS),
          ]
          assert.equal(here.admitted, there.admitted)
          if (here.admitted && there.admitted) {
            assert.ok(
              here.standings.every(
                ({ used }, i) => Math.abs(used - (there.standings[i]?.used ?? 0)) < 1e-9,
              ),
            )
            pairs.push({ both: [here, there], limits: one.claim })
          } else if (!here.admitted && !there.admitted) {
            assert.equal(here.refused.limit.name, there.refused.limit.name)
          }
        } else {
          const [pair] = pairs.splice(one.settle % (pairs.length || 1), 1)
          const spent = pair?.limits.map((l) => (l.kind === 'budget' ? l.spent : 0)) ?? []
          for (const claim of pair?.both ?? []) await claim.settle({ used: one.used, spent })
        }
      }
    }),
    { numRuns: 60 },
  )
})

test(
  'calls that end while Redis is silent hold nothing when it speaks again',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    const redis = await connected(t, server.url, { timeoutMs: 100 })
    const counters = createRedisCounters({ redis, gatewayId: 'g' })
    const limits = [held('seats', 2), budget('money', 2, 1)]
    const under = await admitted(counters.claim(limits, LIFE_MS))
    server.signal('SIGSTOP')
    await assert.rejects(under.settle({ used: [1, 1], spent: [0, 1] }))
    // Redis finds it in its socket when it wakes, and counts it.
    await assert.rejects(counters.claim(limits, LIFE_MS), { code: 'shared_state_unavailable' })
    server.signal('SIGCONT')

    let used: readonly number[] = []
    while (used.join() !== '1,1') {
      const claim = await counters.claim(limits, LIFE_MS).catch(() => null)
      if (!claim?.admitted) continue
      used = claim.standings.map((standing) => standing.used)
      await claim.settle({ used: [1, 0], spent: [0, 1] })
    }
  },
)
