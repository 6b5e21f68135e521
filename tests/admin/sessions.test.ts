import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { aTrace } from './a-trace.ts'
import { startAdmin } from './setup.ts'

suite('POST /sessions', () => {
  test('creates a session and says where its calls go', async () => {
    await using admin = await startAdmin()
    const { status, body } = await admin.ask('POST', '/sessions', {
      session_id: 'harbor/hello-world:0',
      metadata: { seed: 1 },
      sampling_params: { temperature: 0.5 },
    })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      session_id: 'harbor/hello-world:0',
      url: '/sessions/harbor/hello-world:0/v1',
    })
    assert.deepEqual(await admin.store.getSamplingParams('harbor/hello-world:0'), {
      temperature: 0.5,
    })
  })

  test('gives an id to a session that has none, also when the body is empty', async () => {
    await using admin = await startAdmin()
    const { body } = await admin.ask('POST', '/sessions')
    const { session_id, url } = body as { session_id: string; url: string }
    assert.match(session_id, /^[0-9a-f-]{36}$/)
    assert.equal(url, `/sessions/${session_id}/v1`)
  })

  test('encodes an id in the url when it could not be told apart there', async () => {
    await using admin = await startAdmin()
    const { body } = await admin.ask('POST', '/sessions', { session_id: 'a/v1/b c' })
    assert.deepEqual(body, { session_id: 'a/v1/b c', url: '/sessions/a%2Fv1%2Fb%20c/v1' })
  })

  for (const [what, body, code] of [
    ['a number for an id', { session_id: 7 }, 'bad_session'],
    ['dots for an id', { session_id: 'a/..' }, 'bad_session'],
    ['an empty id', { session_id: '' }, 'bad_session'],
    ['metadata that is no object', { metadata: [] }, 'bad_body'],
    ['an array', [], 'bad_body'],
  ] as const) {
    test(`refuses ${what} with ${code}`, async () => {
      await using admin = await startAdmin()
      const answer = await admin.ask('POST', '/sessions', body)
      assert.equal(answer.status, 400)
      assert.equal((answer.body as { error: { code: string } }).error.code, code)
    })
  }

  test('refuses broken JSON, other types and large bodies', async () => {
    await using admin = await startAdmin()
    const post = (type: string, body: string) =>
      fetch(`${admin.url}/sessions`, { method: 'POST', headers: { 'content-type': type }, body })
    for (const [type, body, status, code] of [
      ['application/json', '{"a":', 400, 'bad_json'],
      ['application/json', '{"__proto__":{}}', 400, 'bad_json'],
      ['text/plain', '{}', 415, 'wrong_content_type'],
      ['application/x-www-form-urlencoded', 'a=1', 415, 'wrong_content_type'],
      ['application/json', JSON.stringify('x'.repeat(1024 * 1024)), 413, 'body_too_large'],
    ] as const) {
      const response = await post(type, body)
      assert.equal(response.status, status, body.slice(0, 20))
      const answer = (await response.json()) as { error: { code: string } }
      assert.equal(answer.error.code, code)
    }
  })
})

suite('GET /sessions', () => {
  test('lists sessions that have traces, newest first, page by page', async () => {
    await using admin = await startAdmin()
    for (const id of ['a', 'b', 'c']) {
      await admin.store.save(aTrace(id, { session_ids: [id], session_id: id, timestamp: 5 }))
    }
    const info = (id: string) => ({
      session_id: id,
      trace_count: 1,
      created_at: 5,
      metadata: {},
    })
    const all = await admin.ask('GET', '/sessions')
    assert.deepEqual(all.body, [info('c'), info('b'), info('a')])
    assert.equal(all.headers.get('x-next-cursor'), null)

    const page = await admin.ask('GET', '/sessions?limit=2&since=1')
    assert.deepEqual(page.body, [info('c'), info('b')])
    const next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? ''
    assert.ok(next.includes(encodeURIComponent(page.headers.get('x-next-cursor') ?? '?')))
    const last = await admin.ask('GET', next)
    assert.deepEqual(last.body, [info('a')])
    assert.equal(last.headers.get('link'), null)
    assert.deepEqual((await admin.ask('GET', '/sessions?since=6')).body, [])
  })

  for (const query of [
    'since=x',
    'since=-1',
    'since=',
    'limit=0',
    'limit=1.5',
    'limit=1e9',
    'limit=1&limit=2',
    'cursor=x',
  ]) {
    test(`refuses ${query} and names the parameter`, async () => {
      await using admin = await startAdmin()
      const { status, body } = await admin.ask('GET', `/sessions?${query}`)
      assert.equal(status, 400)
      const { error } = body as { error: { code: string; param: string } }
      assert.deepEqual([error.code, error.param], ['bad_query', query.split('=')[0]])
    })
  }
})

suite('one session', () => {
  const ids = [
    's1',
    'harbor/hello-world:0',
    'a/v1/b',
    'a/traces',
    'traces',
    'v1',
    'batch_delete',
    '😀 x',
    'constructor',
  ]
  for (const id of ids) {
    test(`named ${id} can be created, listed, fetched and deleted`, async () => {
      await using admin = await startAdmin()
      await admin.store.save(aTrace('other', { session_ids: ['other'] }))
      const created = await admin.ask('POST', '/sessions', { session_id: id, metadata: { k: 1 } })
      const path = (created.body as { url: string }).url.replace(/\/v1$/, '')
      await admin.store.save(aTrace('t1', { session_ids: [id], session_id: id }))
      for (const at of [path, `/sessions/${encodeURIComponent(id)}`]) {
        const info = (await admin.ask('GET', at)).body as Record<string, unknown>
        assert.deepEqual(
          [info['session_id'], info['trace_count'], info['metadata']],
          [id, 1, { k: 1 }],
        )
        const traces = (await admin.ask('GET', `${at}/traces`)).body as { trace_id: string }[]
        assert.deepEqual(
          traces.map((trace) => trace.trace_id),
          ['t1'],
        )
      }
      assert.deepEqual((await admin.ask('DELETE', path)).body, { deleted: 1 })
      assert.equal((await admin.ask('GET', path)).status, 404)
      assert.deepEqual((await admin.ask('DELETE', path)).body, { deleted: 0 })
      assert.equal((await admin.store.stats()).traces, 1)
    })
  }

  test('that is not known is a 404, and has no traces', async () => {
    await using admin = await startAdmin()
    const { status, body } = await admin.ask('GET', '/sessions/nobody')
    assert.equal(status, 404)
    assert.equal((body as { error: { code: string } }).error.code, 'session_not_found')
    assert.deepEqual((await admin.ask('GET', '/sessions/nobody/traces')).body, [])
  })

  test('is not what a call or a broken id means', async () => {
    await using admin = await startAdmin()
    assert.equal((await admin.ask('GET', '/sessions/a/v1/traces')).body, 'passed through')
    assert.equal((await admin.ask('POST', '/sessions/a/v1')).body, 'passed through')
    for (const path of [
      '/sessions/a%2f%2e%2e',
      '/sessions/a%00',
      '/sessions/%zz',
      '/sessions/__proto__/traces',
    ]) {
      assert.equal((await admin.ask('GET', path)).status, 400, path)
    }
  })

  test('answers wrong methods with 405 and the right ones', async () => {
    await using admin = await startAdmin()
    for (const [method, path, allow] of [
      ['PUT', '/sessions', 'GET, HEAD, POST'],
      ['POST', '/sessions/a/b', 'GET, HEAD, DELETE'],
      ['DELETE', '/sessions/a/traces', 'GET, HEAD'],
    ] as const) {
      const answer = await admin.ask(method, path)
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.get('allow'), allow)
      assert.equal((answer.body as { error: { code: string } }).error.code, 'method_not_allowed')
    }
  })

  test('goes with others in one batch', async () => {
    await using admin = await startAdmin()
    for (const id of ['a', 'b', 'c']) await admin.store.save(aTrace(id, { session_ids: [id] }))
    const { body } = await admin.ask('POST', '/sessions/batch_delete', {
      session_ids: ['a', 'b', 'x'],
    })
    assert.deepEqual(body, { deleted: 2 })
    assert.equal((await admin.ask('POST', '/sessions/batch_delete', {})).status, 400)
    assert.equal((await admin.store.stats()).traces, 1)
  })
})
