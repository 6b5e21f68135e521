import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { watchedSet } from './setup.ts'

const OFTEN = { intervalMs: 5 }

test('a server whose probes fail goes out, and comes back when they are answered', async (t) => {
  const server = await startUpstream(t)
  server.play(single('', { status: 500 }))
  const { join, told, changes } = watchedSet(t, OFTEN)
  const upstream = join(server.url)
  assert.equal(upstream.healthy, true, 'until proven otherwise')
  await changes(1)
  assert.equal(upstream.healthy, false)
  assert.ok(server.seen.length >= 3)
  const probe = server.seen[0]
  assert.deepEqual([probe?.method, probe?.path, probe?.headers['x-key']], ['GET', '/health', 'k'])
  server.play(single(''))
  await changes(2)
  assert.equal(upstream.healthy, true)
  assert.deepEqual(told, [
    `${upstream.id} out: probe: HTTP 500`,
    `${upstream.id} in: 2 good probes`,
  ])
})

for (const status of [200, 302, 401, 404, 405]) {
  test(`an answer with status ${status} is a sign of life`, async (t) => {
    const server = await startUpstream(t)
    server.play(single('', { status: 503 }))
    const { join, changes } = watchedSet(t, OFTEN)
    const upstream = join(server.url)
    await changes(1)
    server.play(single('x', { status, headers: { location: '/elsewhere' } }))
    await changes(2)
    assert.equal(upstream.healthy, true)
    assert.ok(server.seen.every(({ path }) => path === '/health'))
  })
}

test('a server that does not answer in time goes out', async (t) => {
  const server = await startUpstream(t)
  server.play(() => {})
  const { join, told, changes } = watchedSet(t, { ...OFTEN, timeoutMs: 10 })
  const { id } = join(server.url)
  await changes(1)
  assert.deepEqual(told, [`${id} out: probe: ETIMEDOUT`])
})

test('a server that is not there goes out', async (t) => {
  const { join, told, changes } = watchedSet(t, OFTEN)
  const { id } = join('http://127.0.0.1:1')
  await changes(1)
  assert.deepEqual(told, [`${id} out: probe: ECONNREFUSED`])
})

test('probes ask beside the API, where the configuration says', async (t) => {
  const server = await startUpstream(t)
  server.play(single(''))
  const { join } = watchedSet(t, { ...OFTEN, path: '/ping' })
  const seen = server.next()
  join(`${server.url}/base/v1`)
  assert.equal((await seen).path, '/base/ping')
})

test('each probe has a connection of its own, so that an idle one that dies proves nothing', async (t) => {
  const server = await startUpstream(t)
  server.play(single(''))
  const { join } = watchedSet(t, OFTEN)
  join(server.url)
  const first = await server.next()
  assert.notEqual(first.headers['connection'], 'keep-alive')
  await first.closed
})

test('probing ends with the removal, also of a probe under way', async (t) => {
  const server = await startUpstream(t)
  server.play(() => {})
  const { set, join, told } = watchedSet(t, { ...OFTEN, timeoutMs: 60_000, unhealthyAfter: 1 })
  const seen = server.next()
  const { id } = join(server.url)
  const { closed } = await seen
  set.remove(id)
  await closed
  assert.deepEqual(told, [])
  assert.equal(server.seen.length, 1)
})

test('one that is removed between two probes is not probed again', async (t) => {
  const [leaving, staying] = [await startUpstream(t), await startUpstream(t)]
  for (const server of [leaving, staying]) server.play(single(''))
  const { set, join } = watchedSet(t, OFTEN)
  const { id } = join(leaving.url)
  join(staying.url)
  set.remove(id)
  for (let probe = 0; probe < 4; probe += 1) await staying.next()
  assert.deepEqual(leaving.seen, [])
})

test('simulators and OpenAI are never probed', async (t) => {
  const connections: number[] = []
  const server = createServer((socket) => {
    connections.push(socket.remotePort ?? 0)
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { join, changes } = watchedSet(t, OFTEN)
  join(url, { id: 'simulator', simulated: true })
  join(url, { id: 'openai', kind: 'openai' })
  join('http://127.0.0.1:1', { id: 'probed' })
  await changes(1)
  assert.deepEqual(connections, [])
})
