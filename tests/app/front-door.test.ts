import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'

interface Routes {
  readonly routes: readonly { readonly path: string; readonly methods: readonly string[] }[]
}

describe('the front door', () => {
  const scope = createScope()
  let gateway: RunningGateway
  before(async () => {
    gateway = await startGateway(scope, { config: { keys: { master_key: 'sk-master-1' } } })
  })
  after(() => scope.close())

  test('says without a key that somebody is here', async () => {
    const { status, name } = (await gateway.json('/')) as Record<string, unknown>
    assert.deepEqual([status, name], ['running', 'sluice'])
    assert.deepEqual(await gateway.json('/test?x=1'), { route: '/test' })
    assert.equal((await fetch(gateway.url, { method: 'HEAD' })).status, 200)
  })

  test('lists every route once, with what it takes', async () => {
    const { routes } = (await gateway.json('/routes')) as Routes
    const methods = new Map(routes.map((route) => [route.path, route.methods]))
    assert.equal(methods.size, routes.length)
    assert.deepEqual(methods.get('/v1/chat/completions'), ['POST'])
    assert.deepEqual(methods.get('/cache/ping'), ['GET'])
    assert.deepEqual(methods.get('/key/generate'), ['POST'])
  })

  test('takes nothing in', async () => {
    const reply = await fetch(gateway.url, { method: 'POST' })
    assert.deepEqual([reply.status, reply.headers.get('allow')], [405, 'GET, HEAD'])
  })
})
