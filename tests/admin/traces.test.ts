import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createMemoryStore } from '../../src/trace/index.ts'
import { aTrace } from './a-trace.ts'
import { startAdmin, type Admin } from './setup.ts'

async function fill(admin: Admin, count: number, session = 's1'): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${session}-t${index}`)
  for (const [index, id] of ids.entries()) {
    await admin.store.save(aTrace(id, { session_ids: [session], timestamp: 100 + index }))
  }
  return ids
}

const idsOf = (body: unknown) => (body as { trace_id: string }[]).map(({ trace_id }) => trace_id)

suite('GET /sessions/<id>/traces', () => {
  test('gives whole traces in turn order, more than a page of them', async () => {
    await using admin = await startAdmin()
    const ids = await fill(admin, 40)
    const { status, headers, body } = await admin.ask('GET', '/sessions/s1/traces')
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    assert.deepEqual(idsOf(body), ids)
    assert.deepEqual((body as unknown[])[7], await admin.store.getTrace('s1-t7'))
  })

  test('never holds more than a few traces at a time', async () => {
    const store = createMemoryStore()
    const sizes: number[] = []
    await using admin = await startAdmin({
      store: {
        ...store,
        listTraces: (query) => (sizes.push(query.limit ?? Infinity), store.listTraces(query)),
      },
    })
    await fill(admin, 40)
    await admin.ask('GET', '/sessions/s1/traces')
    assert.ok(Math.max(...sizes) <= 16, String(sizes))
  })

  test('gives pages that join without gap or repeat', async () => {
    await using admin = await startAdmin()
    const ids = await fill(admin, 50)
    for (const limit of [1, 7, 16, 17, 25, 50]) {
      const seen: string[] = []
      let next: string | undefined = `/sessions/s1/traces?limit=${limit}`
      while (next) {
        const { headers, body } = await admin.ask('GET', next)
        assert.ok(idsOf(body).length <= limit)
        seen.push(...idsOf(body))
        next = /^<(.+)>/.exec(headers.get('link') ?? '')?.[1]
      }
      assert.deepEqual(seen, ids, `limit ${limit}`)
    }
  })

  test('keeps to since, which is inclusive, and to limit', async () => {
    await using admin = await startAdmin()
    const ids = await fill(admin, 5)
    const { body } = await admin.ask('GET', '/sessions/s1/traces?since=102&limit=2')
    assert.deepEqual(idsOf(body), ids.slice(2, 4))
  })

  test('can be read as lines', async () => {
    await using admin = await startAdmin()
    const ids = await fill(admin, 3)
    const response = await fetch(`${admin.url}/sessions/s1/traces?format=jsonl`)
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
    const lines = (await response.text()).trimEnd().split('\n')
    assert.deepEqual(idsOf(lines.map((line) => JSON.parse(line))), ids)
    assert.equal((await admin.ask('GET', '/sessions/s1/traces?format=compact')).status, 400)
  })

  test('is an error when the store fails at once, and a cut connection when it fails later', async () => {
    const store = createMemoryStore()
    let reads = 0
    await using admin = await startAdmin({
      store: {
        ...store,
        async listTraces(query) {
          if (reads-- === 0) throw new Error('disk on fire')
          return store.listTraces(query)
        },
      },
    })
    await fill(admin, 40)
    assert.equal((await admin.ask('GET', '/sessions/s1/traces')).status, 500)
    reads = 1
    const response = await fetch(`${admin.url}/sessions/s1/traces`)
    assert.equal(response.status, 200)
    await assert.rejects(response.text())
  })
})

suite('POST /traces/query', () => {
  test('joins the traces of many sessions, each within the limit', async () => {
    await using admin = await startAdmin()
    const a = await fill(admin, 3, 'a')
    const b = await fill(admin, 3, 'b')
    const { body } = await admin.ask('POST', '/traces/query', {
      session_ids: ['b', 'x', 'a'],
      limit: 2,
      since: 101,
    })
    assert.deepEqual(idsOf(body), [...b.slice(1, 3), ...a.slice(1, 3)])
    assert.deepEqual((await admin.ask('POST', '/traces/query', { session_ids: [] })).body, [])
  })

  test('refuses what it cannot use', async () => {
    await using admin = await startAdmin()
    for (const body of [
      {},
      { session_ids: 'a' },
      { session_ids: [], limit: '2' },
      { session_ids: [], since: -1 },
    ]) {
      assert.equal(
        (await admin.ask('POST', '/traces/query', body)).status,
        400,
        JSON.stringify(body),
      )
    }
  })
})

suite('GET /traces', () => {
  test('lists summaries with a cursor', async () => {
    await using admin = await startAdmin()
    await fill(admin, 3)
    const { body } = await admin.ask('GET', '/traces?limit=2')
    const { items, cursor } = body as { items: unknown[]; cursor: string }
    assert.deepEqual(items[1], {
      trace_id: 's1-t1',
      session_id: 's1',
      seq: 2,
      model: 'tiny',
      dialect: 'chat',
      streaming: false,
      status: 'complete',
      reason: null,
      finish_reason: 'stop',
      prompt_tokens: 3,
      completion_tokens: 2,
      latency_ms: 120.5,
      ttft_ms: 20,
      timestamp: 101,
      upstream: 'sim',
      simulated: true,
    })
    const rest = (await admin.ask('GET', `/traces?limit=2&cursor=${cursor}`)).body as typeof body
    assert.deepEqual(idsOf((rest as { items: unknown[] }).items), ['s1-t2'])
    assert.equal((rest as { cursor: unknown }).cursor, null)
  })

  test('filters by session and status', async () => {
    await using admin = await startAdmin()
    await fill(admin, 1, 'a')
    await admin.store.save(aTrace('cut', { session_ids: ['b'], status: 'partial' }))
    const list = async (query: string) =>
      idsOf(((await admin.ask('GET', `/traces?${query}`)).body as { items: unknown[] }).items)
    assert.deepEqual(await list('session_id=a'), ['a-t0'])
    assert.deepEqual(await list('status=partial'), ['cut'])
    assert.deepEqual(await list('status=partial&session_id=a'), [])
    assert.equal((await admin.ask('GET', '/traces?status=lost')).status, 400)
    assert.equal((await admin.ask('GET', '/traces?pending=maybe')).status, 400)
  })
})

suite('one trace', () => {
  test('is given whole, and is a 404 when it is not known', async () => {
    await using admin = await startAdmin()
    await fill(admin, 1)
    assert.deepEqual(
      (await admin.ask('GET', '/traces/s1-t0')).body,
      await admin.store.getTrace('s1-t0'),
    )
    for (const path of ['/traces/none', '/traces/none/raw/request']) {
      const { status, body } = await admin.ask('GET', path)
      assert.equal(status, 404)
      assert.equal((body as { error: { code: string } }).error.code, 'trace_not_found')
    }
    assert.equal((await admin.ask('GET', '/traces/s1-t0/raw/nothing')).status, 404)
  })

  test('gives its exact bytes', async () => {
    await using admin = await startAdmin()
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x7d])
    const wire = {
      received: bytes,
      sent: Buffer.from('sent'),
      response: Buffer.from('0123456789'),
      stream: true,
    }
    const edits = [
      { at: 1, removed: 2, inserted: null },
      { at: 5, removed: 0, inserted: Buffer.from('é') },
      { at: 9, removed: 1, inserted: Buffer.from('!') },
    ]
    await admin.store.save(aTrace('t', { wire: { ...wire, edits } }))
    await admin.store.save(aTrace('u', { wire: { ...wire, sent: null, edits: [] } }))
    const raw = async (path: string) => {
      const response = await fetch(`${admin.url}/traces/${path}`)
      assert.equal(response.headers.get('content-type'), 'application/octet-stream')
      return Buffer.from(await response.arrayBuffer())
    }
    assert.deepEqual(await raw('t/raw/request'), bytes)
    assert.deepEqual(await raw('t/raw/sent'), Buffer.from('sent'))
    assert.deepEqual(await raw('t/raw/response'), Buffer.from('0123456789'))
    assert.deepEqual(await raw('t/raw/delivered'), Buffer.from('034é5678!'))
    assert.deepEqual(await raw('u/raw/sent'), bytes)
    assert.deepEqual(await raw('u/raw/delivered'), Buffer.from('0123456789'))
  })
})
