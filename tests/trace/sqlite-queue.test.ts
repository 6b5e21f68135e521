import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isObject, type GatewayError } from 'sluice/plugin'
import { openSqliteAt, temporaryPath, whenDone } from './harness.ts'
import { chatBody, intentOf, traceOf } from './samples.ts'

const HOLDER = fileURLToPath(new URL('./lock-child.ts', import.meta.url))

test('calls that wait for a commit share the next one', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  await Promise.all(Array.from({ length: 50 }, () => store.save(traceOf())))
  const { commits, rows, queued } = await store.stats()
  assert.equal(rows, 50)
  assert.ok(commits <= 3, `${commits} commits`)
  assert.equal(queued, 0)
})

test('a call that cannot be stored fails alone', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  const good = [traceOf(), traceOf(), traceOf()]
  const bad = traceOf({ timestamp: Number.NaN })
  const outcomes = await Promise.allSettled(
    [good[0], bad, good[1], good[2]].map((trace) => store.save(trace ?? bad)),
  )
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  const { items } = await store.listTraces({ session_id: 'session' })
  assert.deepEqual(
    items.map(({ trace_id, seq }) => [trace_id, seq]),
    good.map(({ trace_id }, at) => [trace_id, at + 1]),
  )
})

test('a queue at its limit turns calls away and says when to come back', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t), { maxQueuedBytes: 20_000 })
  const received = chatBody('x'.repeat(6000))
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, () => store.begin(intentOf({ received }))),
  )
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(refused.length, 4)
  for (const { reason } of refused) {
    assert.equal(reason.code, 'overloaded')
    assert.deepEqual(reason.headers, { 'retry-after': '1' })
  }
  await store.begin(intentOf({ received: chatBody('x'.repeat(60_000)) }))
  assert.equal((await store.listSummaries({ pending: true })).items.length, 3)
})

test('flush resolves when all that was handed over before is committed', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  let saved = 0
  for (let at = 0; at < 20; at++) void store.save(traceOf()).then(() => saved++)
  await store.flush()
  assert.equal(saved, 20)
  await store.flush()
})

test('closing commits what was handed over', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  const saves = Array.from({ length: 20 }, () => store.save(traceOf()))
  await store.close()
  await Promise.all(saves)
  const again = await openSqliteAt(t, path)
  assert.equal((await again.stats()).traces, 20)
})

test('a database that is held for a moment makes calls late', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path, { busyTimeoutMs: 20, deadlineMs: 30_000 })
  const holder = await holdLock(t, path)
  const trace = traceOf()
  const saving = store.save(trace)
  assert.equal(await store.getTrace(trace.trace_id), null, 'reading does not wait for the lock')
  holder.stdin.end()
  await saving
  assert.equal((await store.getTrace(trace.trace_id))?.status, 'complete')
})

test('a database that is held past the deadline refuses calls, and takes them again later', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path, { busyTimeoutMs: 20, deadlineMs: 150 })
  const holder = await holdLock(t, path)
  const started = performance.now()
  await assert.rejects(store.save(traceOf()), (error: GatewayError) => {
    assert.equal(error.code, 'capture_unavailable')
    return isObject(error.cause) && error.cause['errcode'] === 5
  })
  const waited = performance.now() - started
  assert.ok(waited >= 150 && waited < 3000, `${waited} ms`)
  holder.stdin.end()
  await once(holder, 'close')
  await store.save(traceOf())
})

async function holdLock(
  t: TestContext,
  path: string,
): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const child = spawn(process.execPath, [HOLDER, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  whenDone(t, () => void child.kill())
  await once(child.stdout, 'data')
  return child
}
