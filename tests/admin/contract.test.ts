import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isObject } from '../../src/plugin/index.ts'
import { aTrace } from './a-trace.ts'
import { codeOf, startAdmin, type Admin } from './setup.ts'
import { aWorker, someWorkers } from './some-workers.ts'

/**
 * The HTTP contract that rLLM's clients are written against: for each endpoint, what comes back to the
 * letter. Errors are OpenAI's shape instead of theirs; `/health` and traces have more keys.
 */

/** Two traces in `s`, one in `other`, and an empty session `made`. */
async function filled(): Promise<Admin> {
  const admin = await startAdmin({ workers: someWorkers(aWorker('w1'), aWorker('w2', false)) })
  for (const [id, session, timestamp] of [
    ['t1', 's', 10],
    ['t2', 's', 20],
    ['t3', 'other', 30],
  ] as const) {
    await admin.store.save(aTrace(id, { session_ids: [session], timestamp }))
  }
  await admin.ask('POST', '/sessions', { session_id: 'made', metadata: { k: 1 } })
  return admin
}

const s = { session_id: 's', trace_count: 2, created_at: 10, metadata: {} }
const other = { session_id: 'other', trace_count: 1, created_at: 30, metadata: {} }
const workers = [aWorker('w1'), aWorker('w2', false)]

const ROWS: readonly (readonly [method: string, path: string, body: unknown, want: unknown])[] = [
  ['GET', '/health/workers', undefined, { workers, healthy: 1, total: 2 }],
  ['POST', '/sessions', { session_id: 'n' }, { session_id: 'n', url: '/sessions/n/v1' }],
  ['GET', '/sessions', undefined, [other, s]],
  ['GET', '/sessions?since=20', undefined, [other]],
  ['GET', '/sessions?limit=1', undefined, [other]],
  ['GET', '/sessions/s', undefined, s],
  ['GET', '/sessions/nobody/traces', undefined, []],
  ['DELETE', '/sessions/s', undefined, { deleted: 2 }],
  ['DELETE', '/sessions/nobody', undefined, { deleted: 0 }],
  ['POST', '/sessions/batch_delete', { session_ids: ['s', 'x', 'other'] }, { deleted: 3 }],
  ['POST', '/traces/query', { session_ids: ['x'] }, []],
  ['GET', '/admin/workers', undefined, workers],
  [
    'POST',
    '/admin/workers',
    { url: 'http://h:1', api_path: '/v1' },
    { worker_id: 'w1', url: 'http://h:1', api_path: '/v1' },
  ],
  ['DELETE', '/admin/workers/w2', undefined, { removed: 'w2' }],
  ['POST', '/admin/flush', undefined, { status: 'flushed' }],
  ['POST', '/admin/reload', undefined, { status: 'ok' }],
  ['GET', '/admin/weight_version', undefined, { weight_version: null }],
  ['POST', '/admin/weight_version', { weight_version: 3 }, { weight_version: 3 }],
]

suite("rLLM's contract", () => {
  for (const [method, path, body, want] of ROWS) {
    test(`${method} ${path} ${body === undefined ? '' : JSON.stringify(body)}`, async () => {
      await using admin = await filled()
      const answer = await admin.ask(method, path, body)
      assert.deepEqual([answer.status, answer.body], [200, want])
    })
  }

  for (const [method, path, status, code] of [
    ['GET', '/sessions/nobody', 404, 'session_not_found'],
    ['GET', '/traces/none', 404, 'trace_not_found'],
    ['DELETE', '/admin/workers/none', 404, 'worker_not_found'],
    ['POST', '/admin/workers', 400, 'bad_worker'],
    ['POST', '/admin/weight_version', 400, 'bad_weight_version'],
  ] as const) {
    test(`${method} ${path} is a ${status} where rLLM's is`, async () => {
      await using admin = await filled()
      const answer = await admin.ask(method, path)
      assert.deepEqual([answer.status, codeOf(answer)], [status, code])
    })
  }

  test('GET /health says ok, beside other things', async () => {
    await using admin = await filled()
    const { body } = await admin.ask('GET', '/health')
    assert.equal(isObject(body) && body['status'], 'ok')
  })

  test('a session that was created but has no traces is known, and not listed', async () => {
    await using admin = await filled()
    const { body } = await admin.ask('GET', '/sessions/made')
    assert.ok(isObject(body))
    const { created_at, ...rest } = body
    assert.deepEqual(rest, { session_id: 'made', trace_count: 0, metadata: { k: 1 } })
    assert.ok(Math.abs(Number(created_at) - Date.now() / 1000) < 60)
  })

  test('creating a session again replaces what is given and keeps the rest', async () => {
    await using admin = await filled()
    const create = (more: object) => admin.ask('POST', '/sessions', { session_id: 's', ...more })
    await create({ metadata: { a: 1 }, sampling_params: { top_p: 0.5 } })
    await create({ metadata: { b: 2 } })
    await create({})
    const { body } = await admin.ask('GET', '/sessions/s')
    assert.ok(isObject(body))
    assert.deepEqual([body['trace_count'], body['metadata']], [2, { b: 2 }])
    assert.ok(Number(body['created_at']) > 1_700_000_000)
    assert.deepEqual(await admin.store.getSamplingParams('s'), { top_p: 0.5 })
  })

  for (const path of [
    '/sessions/s/traces',
    '/sessions/s/traces?since=10&limit=5',
    '/traces/query',
    '/traces/t1',
  ]) {
    test(`${path} gives traces with every field of a TraceRecord`, async () => {
      await using admin = await filled()
      const method = path === '/traces/query' ? 'POST' : 'GET'
      const query = method === 'POST' ? { session_ids: ['s'] } : undefined
      const { body } = await admin.ask(method, path, query)
      const traces: readonly unknown[] = Array.isArray(body) ? body : [body]
      const first = traces[0]
      assert.ok(isObject(first))
      assert.equal(traces.length, path === '/traces/t1' ? 1 : 2)
      assert.deepEqual(Object.fromEntries(RECORD.map((key) => [key, first[key]])), {
        trace_id: 't1',
        session_id: 's',
        model: 'tiny',
        messages: [{ role: 'user', content: 'Hi' }],
        prompt_token_ids: [1, 2, 3],
        response_message: { role: 'assistant', content: 'Hello there' },
        completion_token_ids: [10, 11],
        logprobs: [-0.25, -1.5],
        routing_matrices: null,
        finish_reason: 'stop',
        weight_version: 7,
        latency_ms: 120.5,
        token_counts: { prompt: 3, completion: 2 },
        timestamp: 10,
        metadata: { step: 1 },
        raw_request: { model: 'tiny', messages: [{ role: 'user', content: 'Hi' }] },
        raw_response: { choices: [], secret: 1 },
      })
    })
  }
})

const RECORD = [
  'trace_id',
  'session_id',
  'model',
  'messages',
  'prompt_token_ids',
  'response_message',
  'completion_token_ids',
  'logprobs',
  'routing_matrices',
  'finish_reason',
  'weight_version',
  'latency_ms',
  'token_counts',
  'timestamp',
  'metadata',
  'raw_request',
  'raw_response',
]
