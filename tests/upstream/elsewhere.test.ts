import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  createUpstreamSet,
  PLAIN_TERMS,
  type Terms,
  type UpstreamSet,
} from '../../src/upstream/index.ts'
import { createMinuteWindow } from '../../src/upstream/minute-window.ts'
import { upstreamAt } from './setup.ts'

const asked = { model: 'm', session: null, streaming: false, tokens: 5, tags: [] }
const HEALTH = { intervalMs: 0, timeoutMs: 1_000, path: '/', unhealthyAfter: 3, healthyAfter: 2 }

/** A set of these, by their id; all of them behind one address. */
function setOf(
  t: TestContext,
  terms: Readonly<Record<string, Partial<Terms>>>,
  cooldownMs = 5_000,
): UpstreamSet {
  const set = createUpstreamSet({ health: HEALTH, routing: { cooldownMs }, onHealth: () => {} })
  t.after(() => set.close())
  for (const [id, each] of Object.entries(terms)) {
    const upstream = upstreamAt('http://127.0.0.1:9', { id })
    set.add({ upstream, headers: {}, isUnknown: false, terms: { ...PLAIN_TERMS, ...each } })
  }
  return set
}

const ids = async (set: UpstreamSet): Promise<readonly string[]> => {
  const { upstreams, seat } = await set.place(asked, AbortSignal.timeout(1_000))
  seat.leave()
  return upstreams.map(({ id }) => id).toSorted()
}

test('an upstream has one identity at every gateway, by its place and the model it is sent', (t) => {
  const here = setOf(t, { a: { sendModel: 'x' }, b: { sendModel: 'y' } }).elsewhere.identities()
  const there = setOf(t, { other: { sendModel: 'y', order: 3 } }).elsewhere.identities()
  assert.equal(new Set(here).size, 2)
  assert.deepEqual(there, [here[1]])
})

test('two accounts at one service have two identities, in which no key can be read', (t) => {
  const identityWith = (key: string): string => {
    const set = createUpstreamSet({ health: HEALTH, routing: {}, onHealth: () => {} })
    t.after(() => set.close())
    const headers = { authorization: `Bearer ${key}` }
    set.add({ upstream: upstreamAt('http://127.0.0.1:9'), headers, isUnknown: false })
    return set.elsewhere.identities().join()
  }
  assert.equal(identityWith('sk-one'), identityWith('sk-one'))
  assert.notEqual(identityWith('sk-one'), identityWith('sk-two'))
  assert.match(identityWith('sk-one'), /^[0-9a-f]{32}$/)
})

test('the only upstream of a model is not left alone because others do so', async (t) => {
  const set = setOf(t, { a: {} })
  const [identity = ''] = set.elsewhere.identities()
  set.elsewhere.cool(identity, 60_000)
  assert.deepEqual(await ids(set), ['a'])
  const second = { upstream: upstreamAt('http://127.0.0.1:10', { id: 'b' }), headers: {} }
  set.add({ ...second, isUnknown: false })
  set.elsewhere.cool(identity, 60_000)
  assert.deepEqual(await ids(set), ['b'])
})

test('one that cools down is told, and one that others cool is left out and not told', async (t) => {
  const set = setOf(t, { a: { sendModel: 'x' }, b: { sendModel: 'y' }, c: { sendModel: 'z' } })
  const told: (readonly [string, number])[] = []
  set.elsewhere.onCooldown((...said) => void told.push(said))
  const [first = '', second = ''] = set.elsewhere.identities()
  const [a] = set.list()
  assert.ok(a)
  set.answered(a, 429, 'm')
  assert.equal(told.length, 1)
  assert.equal(told[0]?.[0], first)
  assert.ok((told[0]?.[1] ?? 0) > 4_000)
  set.elsewhere.cool(second, 60_000)
  assert.deepEqual(await ids(set), ['c'])
  assert.equal(told.length, 1)
})

test('where nothing ever cools down, others cannot change that', async (t) => {
  const set = setOf(t, { a: {} }, 0)
  set.elsewhere.cool(set.elsewhere.identities()[0] ?? '', 60_000)
  assert.deepEqual(await ids(set), ['a'])
})

test('what this gateway used is told without what others used', async (t) => {
  const set = setOf(t, { a: { rpm: 2, tpm: 1_000 }, b: { sendModel: 'y' } })
  const [identity = ''] = set.elsewhere.identities()
  const minute = Math.floor(Date.now() / 60_000)
  set.elsewhere.usedElsewhere({ identity, minute, requests: 2, tokens: 1_000 })
  assert.deepEqual(set.elsewhere.used()[0], { identity, minute, requests: 0, tokens: 0 })
})

test('what was used elsewhere belongs to its own minute', () => {
  let time = 60_000
  const window = createMinuteWindow(() => time)
  window.began(5)
  window.usedElsewhere({ minute: 1, requests: 2, tokens: 30 })
  assert.deepEqual([window.requests, window.tokens], [3, 35])
  assert.deepEqual(window.own, { minute: 1, requests: 1, tokens: 5 })
  time = 120_000
  assert.deepEqual([window.requests, window.tokens], [0, 0])
  window.usedElsewhere({ minute: 2, requests: 1, tokens: 1 })
  assert.deepEqual([window.requests, window.tokens], [1, 1])
})
