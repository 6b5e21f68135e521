import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { completion, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { head, single, stream, type Script } from '../support/scripted-upstream.ts'
import {
  answeredBy,
  attemptsOf,
  call,
  errorOf,
  startWorker,
  traceOf,
  type ScriptedWorker,
} from './workers-setup.ts'

const NAMES = ['one', 'two', 'three']

const dies: Script = (socket) => socket.resetAndDestroy()
const leaves: Script = (socket) => socket.end()

interface Stand {
  readonly gateway: RunningGateway
  /** In the order in which the session `s` tries them. */
  readonly order: readonly ScriptedWorker[]
  readonly names: readonly string[]
}

/** A gateway in front of some workers, with the order in which they are tried. */
async function stand(
  t: TestContext,
  count: number,
  options: { kind?: string; timeouts?: object } = {},
): Promise<Stand> {
  const workers = await Promise.all(NAMES.slice(0, count).map((name) => startWorker(t, name)))
  const gateway = await startGateway(t, {
    config: {
      upstreams: workers.map(({ url }) => ({ url, kind: options.kind ?? 'generic' })),
      timeouts: options.timeouts ?? {},
      health: { interval_ms: 0, unhealthy_after: 1_000 },
    },
  })
  const names = new Map(workers.map((worker, at) => [worker, NAMES[at] ?? '']))
  const order: ScriptedWorker[] = []
  for (let tried = 0; tried < 2; tried += 1) {
    const { upstream } = await traceOf(gateway, await call(gateway, 's'))
    const worker = workers.find(({ url }) => url === upstream?.url) ?? assert.fail()
    order.push(worker)
    worker.play(dies)
  }
  order.push(...workers.filter((worker) => !order.includes(worker)))
  for (const worker of order) worker.play(single(completion(names.get(worker) ?? '')))
  return { gateway, order, names: order.map((worker) => names.get(worker) ?? '') }
}

describe('a call whose upstream dies with it', () => {
  for (const [how, script] of [
    ['resets the connection', dies],
    ['closes the connection', leaves],
  ] as const) {
    for (const streamed of [false, true]) {
      test(`and ${how} before it answers is answered by another (${streamed ? 'stream' : 'single'})`, async (t) => {
        const { gateway, order, names } = await stand(t, 2)
        order[0]?.play(script)
        if (streamed) order[1]?.play(stream([roleEvent(), tokenEvent('x', { finish: 'stop' })]))
        const reply = await call(gateway, 's', { streamed })
        assert.equal(reply.status, 200)
        if (!streamed) assert.equal(answeredBy(reply), names[1])
        const trace = await traceOf(gateway, reply)
        assert.equal(trace.status, 'complete')
        assert.deepEqual(attemptsOf(trace), ['upstream_reset', 200])
        assert.equal(trace.upstream?.url, order[1]?.url)
        const bodies = order.map(({ server }) => server.seen.at(-1)?.body.toString())
        assert.equal(bodies[0], bodies[1])
      })
    }
  }

  test('moves once and no more', async (t) => {
    const { gateway, order } = await stand(t, 3)
    for (const worker of order) worker.play(dies)
    const before = order.map(({ calls }) => calls)
    const reply = await call(gateway, 's')
    assert.deepEqual([reply.status, errorOf(reply)], [502, 'upstream_reset'])
    const trace = await traceOf(gateway, reply)
    assert.deepEqual([trace.status, trace.reason], ['error', 'upstream_reset'])
    assert.deepEqual(attemptsOf(trace), ['upstream_reset', 'upstream_reset'])
    assert.deepEqual(
      order.map(({ calls }, at) => calls - (before[at] ?? 0)),
      [1, 1, 0],
    )
  })

  test('never moves when the answer has begun', async (t) => {
    const { gateway, order } = await stand(t, 2)
    order[0]?.play(stream([roleEvent(), tokenEvent('half')], { end: 'rst' }))
    const before = order[1]?.calls
    const reply = await call(gateway, 's', { streamed: true })
    assert.equal(reply.complete, false)
    const trace = await traceOf(gateway, reply)
    assert.deepEqual([trace.status, trace.reason], ['partial', 'upstream_reset'])
    assert.deepEqual(attemptsOf(trace), [200])
    assert.equal(order[1]?.calls, before)
  })

  test('never moves when only the head of the answer has come', async (t) => {
    const { gateway, order } = await stand(t, 2)
    order[0]?.play((socket) => {
      socket.write(head(200, { 'content-type': 'application/json', 'content-length': '10' }), () =>
        setImmediate(() => socket.resetAndDestroy()),
      )
    })
    const before = order[1]?.calls
    const reply = await call(gateway, 's')
    assert.notEqual(reply.complete && reply.status === 200, true)
    assert.equal(order[1]?.calls, before)
  })

  test('never moves because an upstream is slow', async (t) => {
    const { gateway, order } = await stand(t, 2, { timeouts: { headers_ms: 300 } })
    order[0]?.play(() => {})
    const before = order[1]?.calls
    const reply = await call(gateway, 's')
    assert.deepEqual([reply.status, errorOf(reply)], [504, 'upstream_timeout'])
    assert.deepEqual(attemptsOf(await traceOf(gateway, reply)), ['upstream_timeout'])
    assert.equal(order[1]?.calls, before)
  })

  test('has one trace, and its idempotency key gets the answer again', async (t) => {
    const { gateway, order, names } = await stand(t, 2)
    order[0]?.play(dies)
    const headers = { 'idempotency-key': 'k' }
    const first = await call(gateway, 's', { headers })
    const before = order.map(({ calls }) => calls)
    const again = await call(gateway, 's', { headers })
    assert.equal(answeredBy(again), names[1])
    assert.equal(again.headers['x-trace-id'], first.headers['x-trace-id'])
    assert.deepEqual(
      order.map(({ calls }) => calls),
      before,
    )
  })
})

test('at OpenAI a call whose connection dies does not move: it may have been paid for', async (t) => {
  const workers = [await startWorker(t, 'one'), await startWorker(t, 'two')]
  for (const worker of workers) worker.play(dies)
  const upstreams = workers.map(({ url }) => ({ url, kind: 'openai' }))
  const gateway = await startGateway(t, { config: { upstreams } })
  const reply = await call(gateway, 's')
  assert.equal(errorOf(reply), 'upstream_reset')
  assert.deepEqual(attemptsOf(await traceOf(gateway, reply)), ['upstream_reset'])
})
