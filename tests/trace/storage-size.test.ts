import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { openSqliteStore } from '../../src/trace/index.ts'
import { optionsFor, temporaryPath } from './harness.ts'
import { longSession } from './long-session.ts'
import { intentOf } from './samples.ts'

test('a session of 50 turns and 32,000 tokens costs a fifteenth of one JSON row per call', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteStore(optionsFor(path))
  let rows = 0
  for (const { trace, body } of longSession(50, 400, 240)) {
    const { trace_id, timestamp, model, metadata, wire } = trace
    const { received } = wire
    await store.begin(intentOf({ trace_id, timestamp, model, metadata, received, streaming: true }))
    await store.save(trace)
    const read = await store.getTrace(trace_id)
    rows += Buffer.byteLength(JSON.stringify({ ...read, raw_response: body }))
    assert.deepEqual(read?.prompt_token_ids, trace.prompt_token_ids)
  }
  const last = (await store.listTraces({ session_id: 'session' })).items.at(-1)
  assert.equal(
    (last?.prompt_token_ids.length ?? 0) + (last?.completion_token_ids.length ?? 0),
    32_300,
  )
  assert.equal(last?.checks.extends_last_turn, true)
  await store.close()
  const { size } = statSync(path)
  t.diagnostic(
    `${(rows / 1024).toFixed(0)} KiB as JSON rows, ${(size / 1024).toFixed(0)} KiB in the file: 1/${(rows / size).toFixed(1)}`,
  )
  assert.ok(size * 15 <= rows, `1/${(rows / size).toFixed(1)}`)
})

test('turns that repeat their context cost what is new in them', async (t) => {
  const path = temporaryPath(t)
  const sizes: number[] = []
  for (const turns of [1, 20, 40]) {
    const store = await openSqliteStore(optionsFor(`${path}.${turns}`))
    for (const { trace } of longSession(turns, 100, 20)) await store.save(trace)
    await store.close()
    sizes.push(statSync(`${path}.${turns}`).size)
  }
  const [one = 0, twenty = 0, forty = 0] = sizes
  assert.ok(forty - twenty < (twenty - one) * 1.3, sizes.join(', '))
})
