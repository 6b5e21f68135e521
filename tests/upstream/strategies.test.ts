import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_ROUTING } from '../../src/upstream/routing-options.ts'
import { cost } from '../../src/upstream/strategies/cost.ts'
import { strategyOf, type StrategyName } from '../../src/upstream/strategies/index.ts'
import { latency } from '../../src/upstream/strategies/latency.ts'
import { leastBusy } from '../../src/upstream/strategies/least-busy.ts'
import { simpleShuffle } from '../../src/upstream/strategies/simple-shuffle.ts'
import { usage } from '../../src/upstream/strategies/usage.ts'
import { asked, candidate, firsts, ids, seeded } from './strategies-setup.ts'

const STRATEGIES = [
  'session',
  'simple-shuffle',
  'least-busy',
  'latency',
  'usage',
  'cost',
] as const satisfies readonly StrategyName[]

for (const strategy of STRATEGIES) {
  test(`${strategy} has everybody in its order once`, () => {
    const order = strategyOf({ ...DEFAULT_ROUTING, strategy }, seeded(1))
    const given = fc.record({
      inFlight: fc.nat(9),
      tokens: fc.nat(9),
      mean: fc.option(fc.nat(9)),
      terms: fc.record({
        share: fc.option(fc.integer({ min: 1, max: 9 })),
        rpm: fc.option(fc.integer({ min: 1, max: 9 })),
        price: fc.option(fc.nat(9)),
      }),
    })
    fc.assert(
      fc.property(fc.array(given, { maxLength: 8 }), fc.option(fc.string()), (all, session) => {
        const members = all.map((one, at) => candidate(`w${at}`, one))
        const result = order(members, { ...asked, session })
        assert.deepEqual(ids(result).toSorted(), ids(members).toSorted())
      }),
    )
  })
}

describe('simple-shuffle', () => {
  const shares = (...members: ReturnType<typeof candidate>[]): Readonly<Record<string, number>> =>
    firsts(1_000, () => order(members, asked))
  const order = simpleShuffle(seeded(7))

  for (const key of ['share', 'rpm', 'tpm'] as const) {
    test(`gives nine of ten calls to nine tenths of ${key}, whoever is named first`, () => {
      const [big, small] = [
        candidate('big', { terms: { [key]: 9 } }),
        candidate('small', { terms: { [key]: 1 } }),
      ]
      for (const members of [
        [big, small],
        [small, big],
      ] as const) {
        const { big: count = 0 } = shares(...members)
        assert.ok(count >= 870 && count <= 930, String(count))
      }
    })
  }

  test('counts a weight also where only the second has one, and a missing one as 1', () => {
    const { big = 0 } = shares(candidate('small'), candidate('big', { terms: { share: 9 } }))
    assert.ok(big >= 870 && big <= 930, String(big))
  })

  test('is even without numbers', () => {
    const counts = shares(candidate('a'), candidate('b'), candidate('c'), candidate('d'))
    for (const count of Object.values(counts)) assert.ok(count > 200 && count < 300, String(count))
  })
})

describe('least-busy', () => {
  test('never lets one have two calls more than another', () => {
    const order = leastBusy(seeded(3))
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
        const members = ['a', 'b', 'c'].map((id) => candidate(id))
        for (const isCall of steps) {
          if (isCall) (order(members, asked)[0] ?? assert.fail()).inFlight += 1
          else
            (members.toSorted((x, y) => y.inFlight - x.inFlight)[0] ?? assert.fail()).inFlight -= 1
          const loads = members.map(({ inFlight }) => inFlight)
          if (Math.min(...loads) < 0) for (const member of members) member.inFlight = 0
          else assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, loads.join(' '))
        }
      }),
    )
  })

  test('lets chance decide among equals', () => {
    const order = leastBusy(seeded(5))
    const members = ['a', 'b', 'c'].map((id) => candidate(id))
    for (const count of Object.values(firsts(900, () => order(members, asked)))) {
      assert.ok(count > 240 && count < 360, String(count))
    }
  })
})

describe('latency', () => {
  test('takes the fastest, and within the buffer any of the fast ones', () => {
    const members = [
      ['a', 100],
      ['b', 109],
      ['c', 150],
    ].map(([id, mean]) => candidate(String(id), { mean: Number(mean) }))
    assert.deepEqual(ids(latency(0, seeded(1))(members, asked)), ['a', 'b', 'c'])
    const counts = firsts(400, () => latency(0.1, Math.random)(members, asked))
    assert.deepEqual(Object.keys(counts).toSorted(), ['a', 'b'])
  })

  test('tries one of which nothing is known first, but with one call only', () => {
    const [known, fresh] = [candidate('known', { mean: 5 }), candidate('fresh')]
    const order = latency(0, () => 0.5)
    assert.equal(order([known, fresh], asked)[0]?.id, 'fresh')
    fresh.inFlight = 1
    assert.equal(order([known, fresh], asked)[0]?.id, 'known')
  })
})

test('usage takes the one with the fewest tokens, cost the cheapest and the unknown last', () => {
  const used = [candidate('a', { tokens: 5 }), candidate('b', { tokens: 3 })]
  assert.deepEqual(ids(usage(seeded(1))(used, asked)), ['b', 'a'])
  const priced = [3, null, 1].map((price, at) => candidate(`p${at}`, { terms: { price } }))
  assert.deepEqual(ids(cost(seeded(1))(priced, asked)), ['p2', 'p0', 'p1'])
})

test('with session affinity a session keeps to its own under every strategy', () => {
  const options = { ...DEFAULT_ROUTING, strategy: 'simple-shuffle', sessionAffinity: true } as const
  const members = ['a', 'b', 'c'].map((id) => candidate(id))
  const order = strategyOf(options)
  const homes = firsts(50, () => order(members, { ...asked, session: 's' }))
  assert.equal(Object.keys(homes).length, 1)
  assert.ok(Object.keys(firsts(50, () => order(members, asked))).length > 1)
})
