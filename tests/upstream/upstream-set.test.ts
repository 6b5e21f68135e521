import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError, type ErrorCode } from '../../src/errors/index.ts'
import type { HttpUpstream, UpstreamSet } from '../../src/upstream/index.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { candidatesOf, upstreamAt, watchedSet } from './setup.ts'

const ids = async (set: UpstreamSet, model = '', session: string | null = 's'): Promise<string[]> =>
  (await candidatesOf(set, model, session)).map(({ id }) => id)

function fail(set: UpstreamSet, upstream: HttpUpstream, code: ErrorCode, times = 1): void {
  for (let time = 0; time < times; time += 1) set.failed(upstream, new GatewayError(code))
}

test('a model is served by those that name it and those that name none', async (t) => {
  const { set, join } = watchedSet(t)
  join('http://a:1', { id: 'a', models: ['m'] })
  join('http://b:1', { id: 'b', models: ['n', 'o'] })
  join('http://c:1', { id: 'c' })
  assert.deepEqual((await ids(set, 'm')).toSorted(), ['a', 'c'])
  assert.deepEqual((await ids(set, 'o')).toSorted(), ['b', 'c'])
  assert.equal((await ids(set, '')).length, 3)
  set.remove('c')
  await assert.rejects(candidatesOf(set, 'p', null), {
    code: 'model_not_found',
    message: /"p"; there is m, n, o/,
  })
})

test('a session has one order, and another gateway with the same upstreams has the same', async (t) => {
  const one = watchedSet(t)
  const other = watchedSet(t)
  const urls = ['http://a:1', 'http://b:1', 'http://c:1', 'http://d:1']
  for (const url of urls) one.join(url)
  for (const url of urls.toReversed()) other.join(url, { id: `elsewhere-${new URL(url).host}` })
  const firsts = new Set<string>()
  for (let at = 0; at < 50; at += 1) {
    const order = (await candidatesOf(one.set, '', `s${at}`)).map(({ url }) => url)
    assert.deepEqual(
      (await candidatesOf(other.set, '', `s${at}`)).map(({ url }) => url),
      order,
    )
    firsts.add(order[0] ?? '')
  }
  assert.equal(firsts.size, 4)
})

test('those left out come last, in the order of the session', async (t) => {
  const { set, join } = watchedSet(t, { intervalMs: 1_000_000 })
  for (const host of ['a', 'b', 'c']) join(`http://${host}:1`, { id: host })
  const [first = '', second, third] = await ids(set)
  const own = set.list().find(({ id }) => id === first)
  assert.ok(own)
  fail(set, own, 'upstream_unreachable')
  assert.equal(own.healthy, false)
  assert.deepEqual(await ids(set), [second, third, first])
  for (const upstream of set.list()) fail(set, upstream, 'upstream_unreachable')
  assert.deepEqual(await ids(set), [first, second, third], 'the last resort is everybody')
})

for (const [code, times] of [
  ['upstream_unreachable', 1],
  ['upstream_connect_timeout', 3],
  ['upstream_reset', 3],
  ['upstream_timeout', Infinity],
  ['upstream_stalled', Infinity],
  ['upstream_protocol', Infinity],
  ['upstream_too_large', Infinity],
] as const) {
  const outcome = times === Infinity ? 'never takes one out' : `takes one out after ${times}`
  test(`${code} ${outcome}`, (t) => {
    const { set, join } = watchedSet(t)
    const upstream = join('http://a:1')
    fail(set, upstream, code, times === Infinity ? 50 : times - 1)
    assert.equal(upstream.healthy, true)
    if (times === Infinity) return
    fail(set, upstream, code)
    assert.equal(upstream.healthy, false)
  })
}

for (const [status, isOut] of [
  [200, false],
  [400, false],
  [429, false],
  [500, false],
  [502, true],
  [503, true],
  [504, true],
] as const) {
  test(`three answers with status ${status} ${isOut ? 'take' : 'do not take'} one out`, (t) => {
    const { set, join } = watchedSet(t)
    const upstream = join('http://a:1')
    for (let time = 0; time < 3; time += 1) set.answered(upstream, status)
    assert.equal(upstream.healthy, !isOut)
  })
}

test('without probes one that is out is tried by a call and comes back when it answers', async (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const { set, join, told } = watchedSet(t)
  const first = join('http://a:1', { id: 'a' })
  join('http://b:1', { id: 'b', weight: 0.000001 })
  fail(set, first, 'upstream_unreachable')
  assert.deepEqual(await ids(set), ['b', 'a'])
  now = 10_000
  assert.deepEqual(await ids(set), ['a', 'b'], 'the trial')
  assert.deepEqual(await ids(set), ['b', 'a'], 'one call tries it')
  set.answered(first, 200)
  assert.deepEqual(await ids(set), ['a', 'b'])
  assert.equal(told.length, 2)
})

test('the report on one that has left changes nothing', (t) => {
  const { set, join, told } = watchedSet(t)
  const upstream = join('http://a:1')
  set.remove(upstream.id)
  fail(set, upstream, 'upstream_unreachable')
  assert.deepEqual(told, [])
})

test('a server is asked what it is with its key, once for all calls that wait', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{"version":"0.24.0"}'))
  const { set } = watchedSet(t)
  const upstream = upstreamAt(server.url)
  set.add({ upstream, headers: { authorization: 'Bearer k' }, isUnknown: true })
  const { signal } = new AbortController()
  await Promise.all([set.identified(upstream, signal), set.identified(upstream, signal)])
  await set.identified(upstream, signal)
  assert.equal(upstream.kind, 'vllm')
  assert.deepEqual(
    server.seen.map(({ path, headers }) => [path, headers['authorization']]),
    [['/version', 'Bearer k']],
  )
})
