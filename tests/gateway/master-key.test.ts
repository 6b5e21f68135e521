import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { call, startWorker, type ScriptedWorker } from './workers-setup.ts'

const KEY = 'sk-master'

describe('a gateway with a master key', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let worker: ScriptedWorker

  before(async () => {
    worker = await startWorker(scope, 'w')
    const workers = [{ url: worker.url }]
    const keys = { master_key: KEY, header: 'X-Team-Key' }
    gateway = await startGateway(scope, { config: { workers, keys } })
  })
  after(() => scope.close())

  const status = async (headers: Record<string, string>): Promise<number> =>
    (await call(gateway, 's', { headers })).status

  for (const headers of [
    { authorization: `Bearer ${KEY}` },
    { authorization: `bearer  ${KEY}` },
    { 'x-api-key': KEY },
    { 'api-key': KEY },
    { 'x-goog-api-key': KEY },
    { 'x-litellm-api-key': KEY },
    { 'x-litellm-api-key': `Bearer ${KEY}` },
    { 'x-team-key': KEY },
    { 'x-team-key': `Bearer ${KEY}` },
  ]) {
    test(`takes calls with ${JSON.stringify(headers)}`, async () => {
      assert.equal(await status(headers), 200)
    })
  }

  for (const headers of [
    {},
    { authorization: KEY },
    { authorization: `Bearer ${KEY}x` },
    { authorization: 'Bearer sk-other' },
    { authorization: `Basic ${KEY}` },
    { 'x-other-key': KEY },
  ]) {
    test(`turns calls away with ${JSON.stringify(headers)}, unsent and without a trace`, async () => {
      const before = worker.calls
      const reply = await call(gateway, 'away', { headers })
      assert.equal(reply.status, 401)
      const { error } = JSON.parse(reply.body.toString()) as { error: Record<string, unknown> }
      assert.equal(error['type'], 'authentication_error')
      assert.equal(error['code'], 'unauthorized')
      assert.equal(worker.calls, before)
    })
  }

  test('needs it for what is beside the calls, and shows health without', async () => {
    const get = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(gateway.url + path, { headers })).status
    const known = { authorization: `Bearer ${KEY}` }
    for (const path of ['/sessions', '/sessions/away/traces', '/admin/workers', '/admin/store']) {
      assert.equal(await get(path, {}), 401, path)
      assert.equal(await get(path, known), 200, path)
    }
    const refusal = await (await fetch(`${gateway.url}/sessions`)).text()
    assert.match(refusal, /this route needs the master key, as `Authorization: Bearer <key>`"/)
    assert.equal(await get('/health', {}), 200)
    const traces = await fetch(`${gateway.url}/sessions/away/traces`, { headers: known })
    assert.deepEqual(await traces.json(), [])
  })

  test('never sends it on, whichever header it came in', async () => {
    const names = ['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key', 'X-Team-Key']
    const sent = async (headers: Record<string, string>): Promise<string> => {
      assert.equal(await status(headers), 200)
      const seen = worker.server.seen.findLast(({ method }) => method === 'POST')
      return JSON.stringify(seen?.headers)
    }
    for (const name of names) {
      assert.ok(!(await sent({ [name]: KEY })).includes(KEY), name)
    }
    const both = await sent({ authorization: `Bearer ${KEY}`, 'x-note': `my key is ${KEY}` })
    assert.ok(!both.includes(KEY))
  })

  test('a repeated call needs it as the first one did', async () => {
    const same = { 'idempotency-key': 'once' }
    assert.equal(await status({ ...same, authorization: `Bearer ${KEY}` }), 200)
    assert.equal(await status(same), 401)
  })

  test('asks for it on every path and by every method that reaches a route', async () => {
    const paths = ['/v1/models', '//v1/models', '/meta/x/v1/models']
    const beside = ['/admin/workers/', '/admin/store?x=/health', '/sessions']
    for (const path of [...paths, ...beside]) {
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
        const reply = await fetch(gateway.url + path, { method })
        assert.equal(reply.status, 401, `${method} ${path}`)
      }
    }
  })

  test('keeps its header after a configuration that does not mention it', async () => {
    const known = { 'x-team-key': KEY }
    const reply = await fetch(`${gateway.url}/admin/reload`, {
      method: 'POST',
      headers: { ...known, 'content-type': 'application/json' },
      body: JSON.stringify({ config_yaml: `workers: [${JSON.stringify(worker.url)}]` }),
    })
    assert.equal(reply.status, 200)
    assert.deepEqual([await status({}), await status(known)], [401, 200])
  })
})
