import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLatencies } from '../../src/upstream/latencies.ts'
import { createMinuteWindow } from '../../src/upstream/minute-window.ts'
import type { Placing, UpstreamSet, UpstreamSetOptions, Wanted } from '../../src/upstream/index.ts'
import { createUpstreamSet, PLAIN_TERMS, type Terms } from '../../src/upstream/index.ts'
import { GatewayError } from '../../src/errors/index.ts'
import { upstreamAt } from './setup.ts'
import { asked } from './strategies-setup.ts'

const { signal } = new AbortController()

/** A set of members with these terms, by their ids. */
function setOf(
  t: { after(undo: () => unknown): void },
  routing: UpstreamSetOptions['routing'],
  terms: Readonly<Record<string, Partial<Terms>>>,
): { set: UpstreamSet; place: (wanted?: Partial<Wanted>) => Promise<Placing & { id?: string }> } {
  const set = createUpstreamSet({
    health: { intervalMs: 0, timeoutMs: 1, path: '/', unhealthyAfter: 9, healthyAfter: 1 },
    routing,
    onHealth() {},
  })
  for (const [id, some] of Object.entries(terms)) {
    const upstream = upstreamAt(`http://${id}:1`, { id })
    set.add({ upstream, headers: {}, isUnknown: false, terms: { ...PLAIN_TERMS, ...some } })
  }
  t.after(() => set.close())
  return {
    set,
    async place(wanted = {}) {
      const placing = await set.place({ ...asked, ...wanted }, signal)
      const id = placing.upstreams[0]?.id
      return id === undefined ? placing : { ...placing, id }
    },
  }
}

const use = { tokens: 0, answerTokens: 0, durationMs: 0, firstByteMs: null }

test('a seat is taken when it is given, and free when it is left, once', async (t) => {
  const { place } = setOf(t, {}, { a: { maxParallel: 2 } })
  const first = await place()
  await place()
  await assert.rejects(place(), { code: 'upstreams_busy' })
  first.seat.leave()
  first.seat.leave()
  await place()
  await assert.rejects(place(), { code: 'upstreams_busy' })
})

test('a burst is spread before any of it was sent', async (t) => {
  const { place } = setOf(t, { strategy: 'least-busy' }, { a: {}, b: {}, c: {} })
  const placed = await Promise.all(Array.from({ length: 9 }, () => place()))
  const ids = placed.map(({ id = '' }) => id).toSorted()
  assert.deepEqual(ids, ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'])
})

test('tokens of a call count before it is answered, and as many as it took after', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 60_000_000 })
  const { place } = setOf(t, { strategy: 'usage' }, { a: { tpm: 100 } })
  const first = await place({ tokens: 80 })
  await assert.rejects(place({ tokens: 30 }), { code: 'upstreams_busy' })
  first.seat.used({ ...use, tokens: 50 })
  first.seat.leave()
  const second = await place({ tokens: 50 })
  await assert.rejects(place({ tokens: 1 }), { code: 'upstreams_busy' })
  second.seat.leave()
  await place({ tokens: 50 })
  t.mock.timers.tick(60_000)
  await place({ tokens: 100 })
})

test('rpm admits as many calls as it says, and the next minute as many again', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 60_010_000 })
  const { place } = setOf(t, { preCallChecks: true }, { a: { rpm: 3 } })
  for (let at = 0; at < 3; at += 1) (await place()).seat.leave()
  await assert.rejects(place(), { code: 'upstreams_busy', headers: { 'retry-after': '50' } })
  t.mock.timers.tick(50_000)
  await place()
})

test('rpm is no limit where nothing counts it', async (t) => {
  const { place } = setOf(t, { strategy: 'simple-shuffle' }, { a: { rpm: 1 } })
  for (let at = 0; at < 5; at += 1) await place()
})

test('what failed is not the fastest because nothing is known of it', async (t) => {
  const { set, place } = setOf(t, { strategy: 'latency' }, { a: {}, b: {} })
  const first = await place()
  const [failing] = first.upstreams
  assert.ok(failing)
  first.seat.leave()
  set.failed(failing, new GatewayError('upstream_timeout'), 'm')
  for (let at = 0; at < 3; at += 1) {
    const next = await place()
    assert.notEqual(next.id, failing.id)
    next.seat.used({ ...use, answerTokens: 1, durationMs: 100 })
    next.seat.leave()
  }
})

test('those that were tried come last, and a higher order is asked for by itself', async (t) => {
  const { place } = setOf(t, {}, { a: { order: 1 }, b: { order: 1 }, c: { order: 2 } })
  const { upstreams, id } = await place()
  assert.notEqual(id, 'c')
  const tried = new Set(upstreams.slice(0, 1))
  const again = await place({ tried })
  assert.deepEqual([again.upstreams.at(-1)?.id, again.id === id], [id, false])
  assert.deepEqual(
    (await place({ aboveOrder: 1 })).upstreams.map((one) => one.id),
    ['c'],
  )
})

test('errors about the call leave nobody out, however many there are', async (t) => {
  const { set, place } = setOf(t, { cooldownMs: 1_000 }, { a: {}, b: {} })
  const [one] = set.list()
  assert.ok(one)
  for (let at = 0; at < 20; at += 1) set.answered(one, 400, 'm')
  set.answered(one, 500, 'm')
  assert.equal((await place()).upstreams.length, 2)
})

test('a minute is one of the clock', () => {
  let now = 119_999
  const window = createMinuteWindow(() => now)
  window.began(5)
  assert.deepEqual([window.requests, window.tokens, window.remainingMs], [1, 5, 1])
  now = 120_000
  assert.deepEqual([window.requests, window.tokens, window.remainingMs], [0, 0, 60_000])
  window.took(-5)
  assert.equal(window.tokens, 0, 'what was given back had been taken in the minute before')
})

test('the mean is of the last samples that still count, streams by their first byte', () => {
  let now = 0
  const latencies = createLatencies({ ttlMs: 100, samples: 2 }, () => now)
  assert.equal(latencies.mean(false), null)
  for (const ms of [90, 10, 20]) latencies.add(ms, ms * 2)
  assert.deepEqual([latencies.mean(false), latencies.mean(true)], [15, 30])
  now = 101
  assert.equal(latencies.mean(false), null)
})
