import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { GatewayClient, GatewayClientError } from '../../src/client/index.ts'
import { json, startScripted, type ScriptedGateway } from './scripted-gateway.ts'

async function stand(
  t: TestContext,
  options: ConstructorParameters<typeof GatewayClient>[1] = {},
): Promise<{ server: ScriptedGateway; client: GatewayClient }> {
  const server = await startScripted(t)
  const client = new GatewayClient(server.url, options)
  t.after(() => client.close())
  return { server, client }
}

const failsWith =
  (code: string, status: number | null) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof GatewayClientError, String(error))
    assert.deepEqual([error.code, error.status], [code, status])
    return true
  }

suite('what the client asks', () => {
  type Ask = readonly [
    what: string,
    ask: (client: GatewayClient) => Promise<unknown>,
    request: string,
    body?: unknown,
  ]
  const asks: readonly Ask[] = [
    [
      'createSession',
      (client) => client.createSession({ sessionId: 's', samplingParams: { temperature: 0 } }),
      'POST /sessions',
      { session_id: 's', sampling_params: { temperature: 0 } },
    ],
    ['sessionInfo', (client) => client.sessionInfo('a/b:0'), 'GET /sessions/a/b:0'],
    [
      'listSessions',
      (client) => client.listSessions({ since: 1.5, limit: 2 }),
      'GET /sessions?since=1.5&limit=2',
    ],
    ['deleteSession', (client) => client.deleteSession('a b'), 'DELETE /sessions/a%20b'],
    [
      'deleteSessions',
      (client) => client.deleteSessions(['a', 'b']),
      'POST /sessions/batch_delete',
      { session_ids: ['a', 'b'] },
    ],
    [
      'sessionTraces',
      (client) => client.sessionTraces('a', { since: 3, limit: undefined }),
      'GET /sessions/a/traces?since=3',
    ],
    ['trace', (client) => client.trace('t/1'), 'GET /traces/t%2F1'],
    [
      'queryTraces',
      (client) => client.queryTraces(['a'], { limit: 5 }),
      'POST /traces/query',
      { session_ids: ['a'], limit: 5 },
    ],
    [
      'addWorker',
      (client) => client.addWorker({ url: 'http://w:1', modelName: 'm', weight: 2 }),
      'POST /admin/workers',
      { url: 'http://w:1', model_name: 'm', weight: 2 },
    ],
    ['removeWorker', (client) => client.removeWorker('w/1'), 'DELETE /admin/workers/w%2F1'],
    ['listWorkers', (client) => client.listWorkers(), 'GET /admin/workers'],
    [
      'setWeightVersion',
      (client) => client.setWeightVersion(7),
      'POST /admin/weight_version',
      { weight_version: 7 },
    ],
    ['weightVersion', (client) => client.weightVersion(), 'GET /admin/weight_version'],
    ['flush', (client) => client.flush({ timeoutMs: 1500 }), 'POST /admin/flush', { timeout: 1.5 }],
    ['health', (client) => client.health(), 'GET /health'],
    ['workersHealth', (client) => client.workersHealth(), 'GET /health/workers'],
    ['reload', (client) => client.reload(), 'POST /admin/reload', {}],
    [
      'reload of a text',
      (client) => client.reload({ configYaml: 'port: 1' }),
      'POST /admin/reload',
      { config_yaml: 'port: 1' },
    ],
  ]
  for (const [what, ask, request, body] of asks) {
    test(`by ${what} is ${request}`, async (t) => {
      const { server, client } = await stand(t)
      await ask(client)
      const [seen, ...more] = server.seen
      assert.equal(more.length, 0)
      assert.equal(`${seen?.method} ${seen?.url}`, request)
      assert.deepEqual(seen?.body, body)
    })
  }

  test('carries the token and the headers it was given', async (t) => {
    const { server, client } = await stand(t, { adminToken: 'secret', headers: { 'x-a': '1' } })
    await client.health()
    assert.equal(server.seen[0]?.headers.authorization, 'Bearer secret')
    assert.equal(server.seen[0]?.headers['x-a'], '1')
  })

  test('makes a session id where none is given, and takes the one of the reply', async (t) => {
    const { server, client } = await stand(t)
    server.play((response, { body }) => json(body)(response, server.seen[0] as never))
    const id = await client.createSession({ metadata: { task: 1 } })
    assert.match(id, /^[0-9a-f-]{36}$/)
    assert.deepEqual(server.seen[0]?.body, { session_id: id, metadata: { task: 1 } })
  })
})

suite('a walk through traces', () => {
  test('asks for one page after the other and stops at the last', async (t) => {
    const { server, client } = await stand(t)
    server.play(
      json([1, 2], 200, { 'x-next-cursor': 'c/1' }),
      json([3, 4], 200, { 'x-next-cursor': 'c2' }),
      json([5]),
    )
    const walk = client.iterateTraces('s', { since: 9, pageSize: 2 })
    assert.deepEqual(await Array.fromAsync(walk), [1, 2, 3, 4, 5])
    assert.deepEqual(
      server.seen.map(({ url }) => url.replace('/sessions/s/traces?', '')),
      ['since=9&limit=2', 'since=9&limit=2&cursor=c%2F1', 'since=9&limit=2&cursor=c2'],
    )
  })

  test('ends after the limit, and asks for nothing once its reader has left', async (t) => {
    const { server, client } = await stand(t)
    server.play(
      json([1, 2], 200, { 'x-next-cursor': 'c' }),
      json([3], 200, { 'x-next-cursor': 'd' }),
    )
    assert.deepEqual(
      await Array.fromAsync(client.iterateTraces('s', { limit: 3, pageSize: 2 })),
      [1, 2, 3],
    )
    assert.match(server.seen[1]?.url ?? '', /limit=1&cursor=c$/)
    server.play(json([1], 200, { 'x-next-cursor': 'c' }))
    for await (const _ of client.iterateTraces('s')) break
    assert.equal(server.seen.length, 3)
  })
})

suite('an error answer', () => {
  test('has the code, the status and the text of the gateway', async (t) => {
    const { server, client } = await stand(t)
    const error = {
      message: 'There is no such session',
      type: 'x',
      param: 'id',
      code: 'session_not_found',
    }
    server.play(json({ error }, 404))
    await assert.rejects(client.sessionInfo('a'), (thrown) => {
      assert.ok(failsWith('session_not_found', 404)(thrown))
      assert.equal((thrown as GatewayClientError).param, 'id')
      return (thrown as Error).message === 'There is no such session'
    })
    assert.equal(server.seen.length, 1)
  })

  test("of rLLM's shape, or of a proxy in between, is one too", async (t) => {
    const { server, client } = await stand(t)
    server.play(json({ error: 'url required' }, 400))
    await assert.rejects(client.addWorker({ url: '' }), {
      code: 'http_400',
      message: 'url required',
    })
    server.play((response) => response.writeHead(502).end('<html>'))
    await assert.rejects(client.health(), failsWith('http_502', 502))
    server.play((response) => response.writeHead(301, { location: '/elsewhere' }).end())
    await assert.rejects(client.health(), failsWith('http_301', 301))
  })

  test('that is no JSON, or JSON of something else, is a bad reply', async (t) => {
    const { server, client } = await stand(t)
    server.play((response) => response.end('<html>'))
    await assert.rejects(client.health(), failsWith('bad_reply', null))
    server.play(json('hello'))
    await assert.rejects(client.health(), failsWith('bad_reply', null))
  })
})
