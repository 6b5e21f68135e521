import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TraceQuery, TraceStore } from '../../src/trace/index.ts'
import type { OpenStore } from './harness.ts'
import { chatBody, endingOf, intentOf, traceOf } from './samples.ts'

/** What every store promises about numbers, order and pages. */
export function turnsContract(name: string, open: OpenStore): void {
  test(`${name}: turns are numbered from 1 in the order they began, not in the order they ended`, async (t) => {
    const store = await open(t)
    const intents = [1, 2, 3].map((timestamp) => intentOf({ timestamp }))
    for (const intent of intents) await store.begin(intent)
    for (const intent of [...intents].reverse()) await store.save(endingOf(intent))
    const { items } = await store.listTraces({ session_id: 'session' })
    assert.deepEqual(
      items.map(({ trace_id, seq }) => [trace_id, seq]),
      intents.map(({ trace_id }, at) => [trace_id, at + 1]),
    )
  })

  test(`${name}: a call that never began gets its number when it is saved`, async (t) => {
    const store = await open(t)
    const [first, second] = [traceOf(), traceOf()]
    await store.save(first)
    await store.save(second)
    assert.equal((await store.getTrace(second.trace_id))?.seq, 2)
  })

  test(`${name}: beginning and saving twice changes one trace and no number`, async (t) => {
    const store = await open(t)
    const intent = intentOf()
    await store.begin(intent)
    await store.begin({ ...intent, model: 'another' })
    await store.begin(intentOf())
    await store.save(endingOf(intent, { finish_reason: 'length' }))
    await store.save(endingOf(intent, { finish_reason: 'stop', prompt_token_ids: [1, 2] }))
    await store.save(endingOf(intent, { finish_reason: 'stop', prompt_token_ids: [3, 4] }))
    const { items } = await store.listTraces({ session_id: 'session' })
    assert.deepEqual(
      items.map(({ seq, finish_reason, prompt_token_ids }) => ({
        seq,
        finish_reason,
        prompt_token_ids,
      })),
      [{ seq: 1, finish_reason: 'stop', prompt_token_ids: [3, 4] }],
    )
  })

  test(`${name}: beginning a call that has ended leaves its record alone`, async (t) => {
    const store = await open(t)
    const intent = intentOf()
    await store.save(endingOf(intent))
    await store.begin(intent)
    assert.equal((await store.getTrace(intent.trace_id))?.status, 'complete')
  })

  test(`${name}: a call under way is read on request, with what its intent says`, async (t) => {
    const store = await open(t)
    const intent = intentOf({ streaming: true, metadata: { task: 'x' }, idempotency_key: 'key' })
    await store.begin(intent)
    assert.deepEqual((await store.listTraces({ session_id: 'session' })).items, [])
    assert.deepEqual((await store.listSummaries({})).items, [])
    const [pending] = (await store.listTraces({ session_id: 'session', pending: true })).items
    assert.deepEqual(pending, await store.getTrace(intent.trace_id))
    assert.equal(pending?.status, 'pending')
    assert.equal(pending?.seq, 1)
    assert.deepEqual(pending?.messages, [{ role: 'user', content: 'hello' }])
    assert.deepEqual(pending?.metadata, { task: 'x' })
    assert.equal(pending?.idempotency_key, 'key')
    assert.deepEqual(await store.getWire(intent.trace_id), {
      received: Uint8Array.from(intent.received),
      sent: null,
      response: new Uint8Array(),
      edits: [],
      stream: true,
    })
  })

  test(`${name}: a call has a number of its own in each of its sessions`, async (t) => {
    const store = await open(t)
    await store.save(traceOf({ session_ids: ['b'] }))
    const both = traceOf({ session_ids: ['a', 'b'] })
    await store.save(both)
    assert.deepEqual(seen(await store.getTrace(both.trace_id)), ['a', 1, ['a', 'b']])
    const inB = (await store.listTraces({ session_id: 'b' })).items[1]
    assert.deepEqual(seen(inB ?? null), ['b', 2, ['a', 'b']])
    const summaries = (await store.listSummaries({ session_id: 'b' })).items
    assert.deepEqual(
      summaries.map(({ session_id, seq }) => [session_id, seq]),
      [
        ['b', 1],
        ['b', 2],
      ],
    )
  })

  test(`${name}: saving with other sessions moves the call and keeps the numbers it has`, async (t) => {
    const store = await open(t)
    const ids = { prompt_token_ids: Array.from({ length: 20 }, (_, at) => at) }
    await store.save(traceOf({ session_ids: ['a'], ...ids }))
    const trace = traceOf({ session_ids: ['a', 'b'], ...ids })
    await store.save(trace)
    await store.save({ ...trace, session_ids: ['b', 'c'], session_id: 'b' })
    assert.equal((await store.listTraces({ session_id: 'a' })).items.length, 1)
    await store.deleteSession('a')
    const moved = await store.getTrace(trace.trace_id)
    assert.deepEqual(seen(moved), ['b', 1, ['b', 'c']])
    assert.deepEqual(moved?.prompt_token_ids, ids.prompt_token_ids)
  })

  test(`${name}: 200 calls at once get 200 different numbers and all are kept`, async (t) => {
    const store = await open(t)
    const intents = Array.from({ length: 200 }, (_, at) =>
      intentOf({ session_ids: [`s${at % 3}`], received: chatBody('hello', String(at)) }),
    )
    await Promise.all(
      intents.map(async (intent) => {
        await store.begin(intent)
        await store.save(endingOf(intent))
      }),
    )
    const sizes = await Promise.all(
      ['s0', 's1', 's2'].map(async (session_id) => {
        const { items } = await store.listTraces({ session_id })
        assert.deepEqual(
          items.map(({ seq }) => seq),
          items.map((_, at) => at + 1),
        )
        return items.length
      }),
    )
    assert.deepEqual(sizes, [67, 67, 66])
  })

  test(`${name}: pages give each trace once, in order, also while new ones come`, async (t) => {
    const store = await open(t)
    for (let at = 0; at < 7; at++)
      await store.save(traceOf({ timestamp: at, session_ids: [`s${at % 2}`] }))
    assert.deepEqual(await pages(store, { limit: 3 }), [0, 1, 2, 3, 4, 5, 6, 99])
    assert.deepEqual(await pages(store, { limit: 2, session_id: 's0' }), [0, 2, 4, 6, 99, 99])
    const { items, cursor } = await store.listSummaries({ limit: 9 })
    assert.deepEqual([items.length, cursor], [9, null])
  })

  test(`${name}: lists are narrowed by time, status and count`, async (t) => {
    const store = await open(t)
    for (const timestamp of [10, 20, 30, 40]) {
      await store.save(traceOf({ timestamp, status: timestamp === 30 ? 'error' : 'complete' }))
    }
    const times = async (query: TraceQuery): Promise<number[]> =>
      (await store.listTraces(query)).items.map(({ timestamp }) => timestamp)
    assert.deepEqual(await times({ session_id: 'session', since: 20 }), [20, 30, 40])
    assert.deepEqual(await times({ session_id: 'session', since: 20, limit: 2 }), [20, 30])
    assert.deepEqual(await times({ status: 'error' }), [30])
    assert.deepEqual(await times({ limit: 0 }), [])
    assert.deepEqual(await times({ session_id: 'unknown' }), [])
  })

  test(`${name}: a cursor of another list is refused`, async (t) => {
    const store = await open(t)
    for (const cursor of ['call.1', 'turn.x', 'turn', 'nonsense']) {
      await assert.rejects(store.listTraces({ session_id: 's', cursor }), { code: 'bad_query' })
    }
    await assert.rejects(store.listSessions({ cursor: 'turn.1' }), { code: 'bad_query' })
  })

  test(`${name}: what is not there is null`, async (t) => {
    const store = await open(t)
    assert.equal(await store.getTrace('nothing'), null)
    assert.equal(await store.getWire('nothing'), null)
    assert.equal(await store.getSession('nothing'), null)
    assert.equal(await store.getSamplingParams('nothing'), null)
  })
}

function seen(
  trace: { session_id: string; seq: number; session_ids: readonly string[] } | null,
): unknown {
  return trace && [trace.session_id, trace.seq, trace.session_ids]
}

/** The timestamps of all pages; a call that comes while they are read is on the last one. */
async function pages(store: TraceStore, query: TraceQuery): Promise<number[]> {
  const times: number[] = []
  let cursor: string | null = null
  do {
    const page = await store.listSummaries(cursor === null ? query : { ...query, cursor })
    if (cursor === null) await store.save(traceOf({ timestamp: 99, session_ids: ['s0'] }))
    times.push(...page.items.map(({ timestamp }) => timestamp))
    cursor = page.cursor
  } while (cursor !== null)
  return times
}
