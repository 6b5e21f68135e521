import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { GatewayClient } from '../../src/client/index.ts'
import { hangUp, json, silence, startScripted } from './scripted-gateway.ts'

suite('a connection', () => {
  test('is used again by what may be repeated, and by nothing else', async (t) => {
    const server = await startScripted(t)
    const client = new GatewayClient(server.url)
    t.after(() => client.close())
    await client.health()
    await client.flush()
    await client.setWeightVersion(1)
    await client.addWorker({ url: 'http://w:1' })
    await client.deleteSession('a')
    await client.health()
    assert.deepEqual(
      server.seen.map(({ connection }) => connection),
      [0, 0, 0, 1, 2, 0],
    )
  })

  test('that the server closes as the next request leaves is not noticed', async (t) => {
    const server = await startScripted(t)
    const client = new GatewayClient(server.url)
    t.after(() => client.close())
    server.play(json({ status: 'ok' }), hangUp, json({ status: 'ok' }))
    await client.health()
    assert.deepEqual(await client.health(), { status: 'ok' })
    assert.deepEqual(
      server.seen.map(({ connection }) => connection),
      [0, 0, 1],
    )
    server.play(hangUp, json({ session_id: 's' }))
    assert.equal(await client.createSession(), 's')
    // The very same session, so that the repeated one is no second one.
    assert.deepEqual(server.seen[3]?.body, server.seen[4]?.body)
  })

  test('that breaks in the middle of an answer is tried again', async (t) => {
    const server = await startScripted(t)
    const client = new GatewayClient(server.url)
    t.after(() => client.close())
    server.play((response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('[', () => response.destroy())
    }, json([]))
    assert.deepEqual(await client.sessionTraces('a'), [])
    assert.equal(server.seen.length, 2)
  })

  test('that breaks is an error for what may not be repeated', async (t) => {
    const server = await startScripted(t)
    const client = new GatewayClient(server.url)
    server.play(hangUp)
    const calls = [
      () => client.addWorker({ url: 'http://w:1' }),
      () => client.removeWorker('w'),
      () => client.deleteSession('a'),
      () => client.deleteSessions(['a']),
    ]
    for (const call of calls) {
      server.seen.length = 0
      await assert.rejects(call(), { name: 'GatewayClientError', code: 'ECONNRESET', status: null })
      assert.equal(server.seen.length, 1)
    }
  })

  test('is tried as often as was asked', async (t) => {
    const server = await startScripted(t)
    server.play(hangUp)
    for (const retry of [0, 1, 3]) {
      server.seen.length = 0
      const client = new GatewayClient(server.url, { retry })
      await assert.rejects(client.health(), { code: 'ECONNRESET' })
      assert.equal(server.seen.length, retry + 1)
    }
  })

  test('that cannot be had is an error that names the address', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const client = new GatewayClient(`http://127.0.0.1:${port}`)
    await assert.rejects(client.addWorker({ url: 'http://w:1' }), {
      code: 'ECONNREFUSED',
      message: new RegExp(`^POST http://127.0.0.1:${port}/admin/workers failed: `),
    })
  })
})

suite('a request', () => {
  test('without an answer ends at its deadline, once', async (t) => {
    const server = await startScripted(t)
    server.play(silence)
    const client = new GatewayClient(server.url, { timeoutMs: 20 })
    await assert.rejects(client.health(), { code: 'ETIMEDOUT', status: null })
    await assert.rejects(new GatewayClient(server.url).health({ timeoutMs: 20 }), {
      code: 'ETIMEDOUT',
    })
    assert.equal(server.seen.length, 2)
  })

  test('ends with the reason of its signal', async (t) => {
    const server = await startScripted(t)
    const controller = new AbortController()
    const reason = new Error('enough')
    server.play(() => controller.abort(reason))
    const client = new GatewayClient(server.url)
    await assert.rejects(client.health({ signal: controller.signal }), reason)
    await assert.rejects(client.flush({ signal: controller.signal }), reason)
    await assert.rejects(
      Array.fromAsync(client.iterateTraces('s', {}, { signal: controller.signal })),
      reason,
    )
    assert.equal(server.seen.length, 1)
  })
})
