import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStore } from './harness.ts'
import { endingOf, intentOf, traceOf } from './samples.ts'

/** What every store promises about sessions. */
export function sessionsContract(name: string, open: OpenStore): void {
  test(`${name}: a session that was created is known before it has traces`, async (t) => {
    const store = await open(t)
    const before = Date.now() / 1000
    const made = await store.putSession({
      session_id: 's',
      metadata: { a: 1 },
      sampling_params: { top_p: 0.5 },
    })
    assert.deepEqual(
      { ...made, created_at: 0 },
      { session_id: 's', trace_count: 0, created_at: 0, metadata: { a: 1 } },
    )
    assert.ok((made.created_at ?? 0) >= before)
    assert.deepEqual(await store.getSession('s'), made)
    assert.deepEqual(await store.getSamplingParams('s'), { top_p: 0.5 })
    assert.deepEqual((await store.listSessions({})).items, [])
  })

  test(`${name}: creating a session again keeps its traces and what is not given anew`, async (t) => {
    const store = await open(t)
    await store.save(traceOf({ session_ids: ['s'], timestamp: 5 }))
    assert.deepEqual(await store.getSession('s'), {
      session_id: 's',
      trace_count: 1,
      created_at: 5,
      metadata: {},
    })
    await store.putSession({ session_id: 's', metadata: { a: 1 }, sampling_params: { n: 2 } })
    const again = await store.putSession({ session_id: 's', metadata: { b: 2 } })
    assert.equal(again.trace_count, 1)
    assert.deepEqual(again.metadata, { b: 2 })
    assert.notEqual(again.created_at, 5)
    assert.deepEqual(await store.getSamplingParams('s'), { n: 2 })
  })

  test(`${name}: a session whose only call is under way has no traces yet`, async (t) => {
    const store = await open(t)
    await store.begin(intentOf({ session_ids: ['s'], timestamp: 7 }))
    assert.deepEqual(await store.getSession('s'), {
      session_id: 's',
      trace_count: 0,
      created_at: 7,
      metadata: {},
    })
    assert.deepEqual((await store.listSessions({})).items, [])
  })

  test(`${name}: sessions are listed newest first by their first call, in pages`, async (t) => {
    const store = await open(t)
    await store.putSession({ session_id: 'empty' })
    for (const id of ['a', 'b', 'c', 'd'])
      await store.save(traceOf({ session_ids: [id], timestamp: id.charCodeAt(0) }))
    await store.save(traceOf({ session_ids: ['a'], timestamp: 500 }))
    await store.save(traceOf({ session_ids: ['x', 'y'], timestamp: 1 }))
    const first = await store.listSessions({ limit: 3 })
    const rest = await store.listSessions({
      limit: 9,
      ...(first.cursor === null ? {} : { cursor: first.cursor }),
    })
    const all = [...first.items, ...rest.items]
    assert.deepEqual(
      all.map(({ session_id }) => session_id),
      ['y', 'x', 'd', 'c', 'b', 'a'],
    )
    assert.equal(rest.cursor, null)
    assert.equal(all.at(-1)?.trace_count, 2)
    const since = await store.listSessions({ since: 'c'.charCodeAt(0) })
    assert.deepEqual(
      since.items.map(({ session_id }) => session_id),
      ['d', 'c'],
    )
  })

  test(`${name}: deleting a session removes its traces and everything known of it`, async (t) => {
    const store = await open(t)
    await store.putSession({ session_id: 's', metadata: { a: 1 }, sampling_params: { n: 2 } })
    const traces = [traceOf({ session_ids: ['s'] }), traceOf({ session_ids: ['s'] })]
    for (const trace of traces) await store.save(trace)
    assert.equal(await store.deleteSession('s'), 2)
    assert.equal(await store.deleteSession('s'), 0)
    assert.equal(await store.getSession('s'), null)
    assert.equal(await store.getSamplingParams('s'), null)
    for (const { trace_id } of traces) assert.equal(await store.getTrace(trace_id), null)
    await store.save(traceOf({ session_ids: ['s'] }))
    assert.equal((await store.listTraces({ session_id: 's' })).items[0]?.seq, 1)
  })

  test(`${name}: a trace of several sessions outlives all but the last of them`, async (t) => {
    const store = await open(t)
    const ids = {
      prompt_token_ids: Array.from({ length: 30 }, (_, at) => at),
      completion_token_ids: [7],
    }
    await store.save(traceOf({ session_ids: ['a'], ...ids }))
    const shared = traceOf({ session_ids: ['a', 'b'], ...ids })
    await store.save(shared)
    assert.equal(await store.deleteSession('a'), 2)
    const left = await store.getTrace(shared.trace_id)
    assert.deepEqual([left?.session_id, left?.session_ids, left?.seq], ['b', ['b'], 1])
    assert.deepEqual(left?.prompt_token_ids, ids.prompt_token_ids)
    assert.deepEqual(
      (await store.getWire(shared.trace_id))?.received,
      Uint8Array.from(shared.wire.received),
    )
    assert.equal(await store.deleteSession('b'), 1)
    assert.equal(await store.getTrace(shared.trace_id), null)
  })

  test(`${name}: a call under way keeps its number when its session is deleted`, async (t) => {
    const store = await open(t)
    await store.save(traceOf({ session_ids: ['s'] }))
    const intent = intentOf({ session_ids: ['s'] })
    await store.begin(intent)
    await store.save(traceOf({ session_ids: ['s'] }))
    assert.equal(await store.deleteSession('s'), 2)
    const late = traceOf({ session_ids: ['s'] })
    await store.save(late)
    await store.save(endingOf(intent))
    const { items } = await store.listTraces({ session_id: 's' })
    assert.equal(items[0]?.trace_id, intent.trace_id)
    assert.equal(items[0]?.seq, 2)
    assert.equal(items[1]?.trace_id, late.trace_id)
    assert.ok((items[1]?.seq ?? 0) > 2)
  })

  test(`${name}: ids of any text are different sessions`, async (t) => {
    const store = await open(t)
    const ids = [
      'a/b:0',
      'ü',
      'u\u0308',
      '\ud800',
      '\ud801',
      '\ufffd',
      'a\0b',
      'a',
      '\u0001"x"',
      '__proto__',
      '☃'.repeat(300),
    ]
    for (const id of ids) await store.save(traceOf({ session_ids: [id], model: id }))
    for (const id of ids) {
      const { items } = await store.listSummaries({ session_id: id })
      assert.deepEqual(
        items.map(({ session_id, model }) => [session_id, model]),
        [[id, id]],
      )
    }
    assert.equal((await store.stats()).sessions, ids.length)
  })
}
