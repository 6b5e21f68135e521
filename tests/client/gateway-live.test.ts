import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { GatewayClient } from 'sluice/client'
import { startGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'

const MODEL = 'sluice-sim'
const TOKEN = 'a-secret'

suite('the client at a gateway', () => {
  const scope = createScope()
  let client: GatewayClient
  before(async () => {
    const { url } = await startGateway(scope, {
      config: {
        admin_token: TOKEN,
        upstreams: [{ simulator: { models: [MODEL], tokens_per_second: 0, ttft_ms: 0 } }],
      },
    })
    client = new GatewayClient(`${url}/v1`, { adminToken: TOKEN })
    scope.after(() => client.close())
  })
  after(() => scope.close())

  async function chat(session: string, times = 1): Promise<void> {
    for (let turn = 0; turn < times; turn += 1) {
      const reply = await fetch(`${client.sessionUrl(session)}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: MODEL,
          max_tokens: 4,
          messages: [{ role: 'user', content: `Turn ${turn}` }],
        }),
      })
      assert.equal(reply.status, 200, await reply.text())
    }
  }

  test('creates a session, reads what was said in it and deletes it', async () => {
    const id = 'harbor/hello world:0'
    assert.equal(await client.createSession({ sessionId: id, metadata: { task: 1 } }), id)
    await chat(id, 2)
    const info = await client.sessionInfo(id)
    assert.deepEqual([info.session_id, info.trace_count, info.metadata], [id, 2, { task: 1 }])
    const listed = await client.listSessions()
    assert.ok(listed.some(({ session_id }) => session_id === id))
    const traces = await client.sessionTraces(id)
    assert.deepEqual(
      traces.map(({ seq }) => seq),
      [1, 2],
    )
    assert.deepEqual(await client.trace(traces[0]?.trace_id ?? ''), traces[0])
    assert.equal((await client.sessionTraces(id, { limit: 1 })).length, 1)
    assert.equal(await client.deleteSession(id), 2)
    await assert.rejects(client.sessionInfo(id), { code: 'session_not_found', status: 404 })
    assert.deepEqual(await client.sessionTraces(id), [])
  })

  test('walks through a session that is longer than a page', async () => {
    await chat('long', 7)
    const seen: number[] = []
    for await (const { seq } of client.iterateTraces('long', { pageSize: 3 })) seen.push(seq)
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7])
    const first = await Array.fromAsync(client.iterateTraces('long', { limit: 4, pageSize: 3 }))
    assert.equal(first.length, 4)
    assert.deepEqual(await Array.fromAsync(client.iterateTraces('nobody')), [])
  })

  test('reads and deletes several sessions at once', async () => {
    await chat('one', 2)
    await chat('two', 1)
    const traces = await client.queryTraces(['two', 'one'], { limit: 1 })
    assert.deepEqual(
      traces.map(({ session_id, seq }) => [session_id, seq]),
      [
        ['two', 1],
        ['one', 1],
      ],
    )
    assert.equal(await client.deleteSessions(['one', 'two', 'nobody']), 3)
  })

  test('makes the id of a session that was given none', async () => {
    const id = await client.createSession()
    assert.equal((await client.sessionInfo(id)).trace_count, 0)
  })

  test('sets the parameters of a session', async () => {
    await client.createSession({ sessionId: 'sampled', samplingParams: { temperature: 0.25 } })
    await chat('sampled')
    const [trace] = await client.sessionTraces('sampled')
    assert.equal(trace?.params_sent['temperature'], 0.25)
  })

  test('adds, lists and removes workers', async () => {
    const url = 'http://127.0.0.1:9/v1'
    const added = await client.addWorker({ url, workerId: 'w:1', modelName: 'm', weight: 2 })
    assert.equal(added.worker_id, 'w:1')
    const worker = (await client.listWorkers()).find(({ worker_id }) => worker_id === 'w:1')
    assert.deepEqual([worker?.model_name, worker?.weight, worker?.active_requests], ['m', 2, 0])
    const { total, workers } = await client.workersHealth()
    assert.equal(total, workers.length)
    await client.removeWorker('w:1')
    await assert.rejects(client.removeWorker('w:1'), { status: 404 })
  })

  test('tells which weights are served', async () => {
    assert.equal(await client.weightVersion(), null)
    await client.setWeightVersion(3)
    assert.equal(await client.weightVersion(), 3)
    await chat('weighed')
    assert.equal((await client.sessionTraces('weighed'))[0]?.weight_version, 3)
  })

  test('flushes and asks how the gateway is', async () => {
    await client.flush({ timeoutMs: 5000 })
    assert.equal((await client.health()).status, 'ok')
    assert.equal((await client.reload()).status, 'ok')
  })

  test('is turned away without the token', async () => {
    using stranger = new GatewayClient(client.url)
    assert.equal((await stranger.health()).status, 'ok')
    await assert.rejects(stranger.listSessions(), { code: 'unauthorized', status: 401 })
  })
})
