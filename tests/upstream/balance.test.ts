import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leastLoadedOrder, stickyOrder, type Balanced } from '../../src/upstream/balance.ts'
import { hashText, rendezvousOrder } from '../../src/upstream/rendezvous.ts'

const BOUNDS = { spillFactor: 2, spillFloor: 16 }

function member(name: string, inFlight = 0, weight = 1): Balanced {
  return { id: name, hash: hashText(name), inFlight, weight, credit: 0 }
}

const ids = (members: readonly Balanced[]): string[] => members.map(({ id }) => id)

const someMembers = fc
  .array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 10 })
  .map((loads) => loads.map(([inFlight, weight], at) => member(`w${at}`, inFlight, weight)))

test('a session stays where it is until that one is over the floor and over its share', () => {
  const [own, next] = rendezvousOrder([member('a'), member('b'), member('c')], 's')
  assert.ok(own && next)
  const order = (load: number, others: number): string | undefined => {
    const members = ['a', 'b', 'c'].map((id) => member(id, id === own.id ? load : others))
    return stickyOrder(members, 's', BOUNDS)[0]?.id
  }
  assert.equal(order(16, 0), own.id, 'at the floor')
  assert.equal(order(17, 0), next.id, 'over the floor, and three times its share')
  assert.equal(order(100, 30), own.id, '100 of 160 is less than twice a third')
  assert.equal(order(121, 30), next.id, '121 of 181 is more')
})

test('a session that leaves goes to the next in its own order that has room', () => {
  const full = rendezvousOrder(
    ['a', 'b', 'c', 'd', 'e'].map((id) => member(id)),
    's',
  )
  const loads = [100, 90, 0, 0, 0]
  const members = full.map((one, at) => ({ ...one, inFlight: loads[at] ?? 0 }))
  const [first, second, third, ...rest] = ids(full)
  assert.deepEqual(ids(stickyOrder(members, 's', BOUNDS)), [third, first, second, ...rest])
})

test('the first choice is within bounds, everybody is in the order once, and the rest keeps its own', () => {
  fc.assert(
    fc.property(someMembers, fc.string(), (members, session) => {
      const order = stickyOrder(members, session, BOUNDS)
      const own = rendezvousOrder(members, session)
      const first = order[0]
      assert.ok(first)
      assert.deepEqual(
        order.slice(1),
        own.filter((one) => one !== first),
      )
      const calls = members.reduce((sum, { inFlight }) => sum + inFlight, 0)
      const weights = members.reduce((sum, { weight }) => sum + weight, 0)
      const share = (calls * first.weight) / weights
      assert.ok(first.inFlight <= Math.max(BOUNDS.spillFloor, BOUNDS.spillFactor * share))
    }),
  )
})

test('a lone member keeps every session, however busy it is', () => {
  assert.deepEqual(ids(stickyOrder([member('a', 10_000)], 's', BOUNDS)), ['a'])
  assert.deepEqual(stickyOrder([], 's', BOUNDS), [])
})

test('a call without a session goes to the least loaded, relative to weight', () => {
  const members = [member('a', 4, 1), member('b', 6, 3), member('c', 3, 1)]
  assert.deepEqual(ids(leastLoadedOrder(members)), ['b', 'c', 'a'])
  assert.deepEqual(leastLoadedOrder([]), [])
})

test('idle members take turns by weight, so that a burst is spread before it is counted', () => {
  const members = [member('a'), member('b', 0, 2), member('c')]
  const turns = Array.from({ length: 8 }, () => leastLoadedOrder(members)[0]?.id)
  assert.equal(turns.filter((id) => id === 'b').length, 4)
  assert.equal(turns.filter((id) => id === 'a').length, 2)
  assert.equal(turns.filter((id) => id === 'c').length, 2)
  assert.deepEqual(turns.slice(0, 4), turns.slice(4))
})
