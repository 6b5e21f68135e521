import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { stream, type Script } from '../support/scripted-upstream.ts'
import {
  answeredBy,
  attemptsOf,
  call,
  register,
  startWorker,
  traceOf,
  until,
  workersOf,
} from './workers-setup.ts'

const dies: Script = (socket) => socket.resetAndDestroy()
const SESSIONS = Array.from({ length: 20 }, (_, at) => `s${at}`)

test('a worker whose probes fail gets no calls, is told of once, and returns when they succeed', async (t) => {
  const [sick, well] = [await startWorker(t, 'sick'), await startWorker(t, 'well')]
  sick.health = () => 503
  const gateway = await startGateway(t, {
    config: {
      upstreams: [sick, well].map(({ url }) => ({ url, kind: 'generic' })),
      health: { interval_ms: 10 },
    },
  })
  await until(gateway, (workers) => workers.some(({ healthy }) => !healthy))
  const health = await gateway.json('/health/workers')
  assert.deepEqual(
    [(health as { healthy: number }).healthy, (health as { total: number }).total],
    [1, 2],
  )
  for (const session of SESSIONS) assert.equal(answeredBy(await call(gateway, session)), 'well')
  sick.health = () => 200
  await until(gateway, (workers) => workers.every(({ healthy }) => healthy))
  const homes = new Set<string>()
  for (const session of SESSIONS) homes.add(answeredBy(await call(gateway, session)))
  assert.deepEqual(homes, new Set(['sick', 'well']))
  await gateway.stop()
  const changes = gateway.stderr().trim().split('\n')
  assert.deepEqual(
    changes.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['an upstream is left out', 'an upstream is back'],
  )
})

test('a worker that is gone is found out by the first call, which is answered elsewhere', async (t) => {
  const well = await startWorker(t, 'well')
  const gateway = await startGateway(t, { config: { health: { interval_ms: 1_000_000 } } })
  const gone = await register(gateway, { url: 'http://127.0.0.1:1' })
  await register(gateway, { url: well.url })
  for (const session of SESSIONS) assert.equal(answeredBy(await call(gateway, session)), 'well')
  const traces = await Promise.all(
    SESSIONS.map(async (session) => gateway.json(`/sessions/${session}/traces`)),
  )
  const attempts = (traces as { attempts: unknown[] }[][]).map(([trace]) => trace?.attempts.length)
  assert.equal(attempts.filter((count) => count === 2).length, 1, 'one call found it out')
  const found = (await workersOf(gateway)).find(({ worker_id: id }) => id === gone)
  assert.equal(found?.healthy, false)
})

test('a worker whose health route answers while its calls die goes out, and callers see nothing of it', async (t) => {
  const [sick, well] = [await startWorker(t, 'sick'), await startWorker(t, 'well')]
  sick.play(dies)
  const gateway = await startGateway(t, {
    config: {
      upstreams: [sick, well].map(({ url }) => ({ url, kind: 'generic' })),
      health: { interval_ms: 20, healthy_after: 1_000_000 },
    },
  })
  for (const session of SESSIONS) assert.equal(answeredBy(await call(gateway, session)), 'well')
  assert.equal(sick.calls, 3)
  assert.deepEqual(
    (await workersOf(gateway)).map(({ healthy }) => healthy),
    [false, true],
  )
})

test('a worker that begins every answer and ends none goes out', async (t) => {
  const [sick, well] = [await startWorker(t, 'sick'), await startWorker(t, 'well')]
  sick.play(stream([roleEvent(), tokenEvent('a')], { end: 'rst' }))
  const gateway = await startGateway(t, {
    config: {
      upstreams: [sick, well].map(({ url }) => ({ url, kind: 'generic' })),
      health: { interval_ms: 20, healthy_after: 1_000_000 },
    },
  })
  let broken = 0
  for (const session of SESSIONS) {
    const { complete } = await call(gateway, session, { streamed: true })
    if (!complete) broken += 1
  }
  assert.equal(broken, 3, 'what it had begun is lost to its callers')
  assert.equal(sick.calls, 3)
  assert.deepEqual(
    (await workersOf(gateway)).map(({ healthy }) => healthy),
    [false, true],
  )
})

test('when all are out calls are sent all the same, and an answer is an answer', async (t) => {
  const sick = await startWorker(t, 'sick')
  sick.health = () => 500
  const gateway = await startGateway(t, {
    config: { upstreams: [{ url: sick.url, kind: 'generic' }], health: { interval_ms: 10 } },
  })
  await until(gateway, (workers) => workers.every(({ healthy }) => !healthy))
  const reply = await call(gateway, 's')
  assert.equal(answeredBy(reply), 'sick')
  assert.deepEqual(attemptsOf(await traceOf(gateway, reply)), [200])
})

test('a worker whose probes fail and succeed by turns keeps its sessions', async (t) => {
  const [flapping, well] = [await startWorker(t, 'flapping'), await startWorker(t, 'well')]
  const gateway = await startGateway(t, {
    config: {
      upstreams: [flapping, well].map(({ url }) => ({ url, kind: 'generic' })),
      health: { interval_ms: 5 },
    },
  })
  let probes = 0
  flapping.health = () => ((probes += 1) % 2 === 0 ? 200 : 500)
  const homes = new Map<string, Set<string>>()
  for (let round = 0; probes < 20; round += 1) {
    const session = `s${round % 10}`
    const home = answeredBy(await call(gateway, session))
    homes.set(session, (homes.get(session) ?? new Set()).add(home))
  }
  assert.ok([...homes.values()].every(({ size }) => size === 1))
  assert.equal(gateway.stderr(), '')
})
