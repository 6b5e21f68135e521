import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashText, rendezvousOrder, type Weighted } from '../../src/upstream/rendezvous.ts'

const SESSIONS = Array.from({ length: 4_000 }, (_, at) => `run-7/task:${at}`)

function member(name: string, weight = 1): Weighted {
  return { id: name, hash: hashText(`http://${name}:8000/v1`), weight }
}

const members = (count: number): Weighted[] =>
  Array.from({ length: count }, (_, at) => member(`worker-${at}`))

const own = (session: string, some: readonly Weighted[]): string | undefined =>
  rendezvousOrder(some, session)[0]?.id

/** How many of the sessions each member has. */
function shares(some: readonly Weighted[]): Map<string, number> {
  const counts = new Map(some.map(({ id }) => [id, 0]))
  for (const session of SESSIONS) {
    const id = own(session, some) ?? ''
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

const aName = fc.stringMatching(/^[a-z0-9.-]{1,12}$/)
const someMembers = fc
  .uniqueArray(fc.tuple(aName, fc.double({ min: 0.01, max: 100, noNaN: true })), {
    minLength: 1,
    maxLength: 12,
    selector: ([name]) => name,
  })
  .map((pairs) => pairs.map(([name, weight]) => member(name, weight)))

test('every replica decides alike, in whatever order its members came', () => {
  const shuffled = someMembers.chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }), fc.string()),
  )
  fc.assert(
    fc.property(shuffled, ([some, other, session]) => {
      assert.deepEqual(rendezvousOrder(other, session), rendezvousOrder(some, session))
    }),
  )
})

test('members with one place and different ids are told apart by id', () => {
  const twins = [
    { ...member('a'), id: 'b' },
    { ...member('a'), id: 'a' },
  ]
  for (const some of [twins, twins.toReversed()]) {
    assert.deepEqual(
      rendezvousOrder(some, 's').map(({ id }) => id),
      ['a', 'b'],
    )
  }
})

test('whoever leaves gives up its own sessions only, and the others keep their order', () => {
  fc.assert(
    fc.property(someMembers, fc.string(), fc.nat(), (some, session, which) => {
      const gone = some[which % some.length]
      const before = rendezvousOrder(some, session).filter((one) => one !== gone)
      const after = rendezvousOrder(
        some.filter((one) => one !== gone),
        session,
      )
      assert.deepEqual(after, before)
    }),
  )
})

for (const count of [2, 4, 8, 32]) {
  test(`of ${count} members each has about its share, and removing one moves no more than that`, () => {
    const some = members(count)
    const even = SESSIONS.length / count
    const most = even + 5 * Math.sqrt(even)
    for (const [id, share] of shares(some)) {
      assert.ok(Math.abs(share - even) < 5 * Math.sqrt(even), `${id} has ${share} of ${even}`)
    }
    const fewer = some.slice(1)
    const moved = SESSIONS.filter((session) => own(session, some) !== own(session, fewer)).length
    assert.ok(moved > 0 && moved < most, `${moved} of ${SESSIONS.length} moved`)
  })
}

test('sessions are spread by weight', () => {
  const counts = shares([member('light'), member('middle', 2), member('heavy', 5)])
  for (const [id, weight] of [
    ['light', 1],
    ['middle', 2],
    ['heavy', 5],
  ] as const) {
    const want = (SESSIONS.length * weight) / 8
    const got = counts.get(id) ?? 0
    assert.ok(Math.abs(got - want) < 5 * Math.sqrt(want), `${id} has ${got} of ${want}`)
  }
})

test('more weight only draws sessions in, and sends none from one other to another', () => {
  const before = members(5)
  const after = before.map((one) => (one.id === 'worker-2' ? { ...one, weight: 3 } : one))
  for (const session of SESSIONS) {
    const now = own(session, after)
    if (now !== own(session, before)) assert.equal(now, 'worker-2')
  }
})

test('sessions of the kind that trainers make are spread too', () => {
  const some = members(4)
  const counts = new Map<string | undefined, number>()
  for (let at = 0; at < 256; at += 1) {
    const id = own(String(at), some)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  assert.equal(counts.size, 4)
  for (const count of counts.values()) assert.ok(count > 24 && count < 104, `${count} of 256`)
})
