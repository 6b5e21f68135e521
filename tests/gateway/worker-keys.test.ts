import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { call, startWorker, type ScriptedWorker } from './workers-setup.ts'

const TOKEN = 'token-of-the-admin'

describe('keys of callers at workers that have none of their own', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let registered: ScriptedWorker
  let listed: ScriptedWorker

  before(async () => {
    registered = await startWorker(scope, 'registered')
    listed = await startWorker(scope, 'listed')
    const workers = [{ url: listed.url, model_name: 'listed' }]
    gateway = await startGateway(scope, { config: { workers, admin_token: TOKEN } })
    const reply = await fetch(`${gateway.url}/admin/workers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ url: registered.url, model_name: 'registered' }),
    })
    assert.equal(reply.status, 200)
  })
  after(() => scope.close())

  async function keySeen(worker: ScriptedWorker, model: string, key: string): Promise<unknown> {
    const reply = await call(gateway, 's', { model, headers: { authorization: `Bearer ${key}` } })
    assert.equal(reply.status, 200)
    return worker.server.seen.findLast(({ method }) => method === 'POST')?.headers['authorization']
  }

  test('an engine with a key is reached with the caller’s', async () => {
    assert.equal(await keySeen(registered, 'registered', 'sk-1'), 'Bearer sk-1')
    assert.equal(await keySeen(listed, 'listed', 'sk-2'), 'Bearer sk-2')
  })

  test('a header that merely holds the letters of a short token goes on', async (t) => {
    const workers = [{ url: listed.url }]
    const other = await startGateway(t, { config: { workers, admin_token: 'json' } })
    assert.equal((await call(other, 's')).status, 200)
    const sent = listed.server.seen.findLast(({ method }) => method === 'POST')
    assert.match(sent?.headers['content-type'] ?? '', /^application\/json/)
  })

  test('the admin token never leaves the gateway', async () => {
    assert.equal(await keySeen(registered, 'registered', TOKEN), undefined)
  })
})
