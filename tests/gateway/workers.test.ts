import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { chat, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { readReply, send } from '../support/raw-client.ts'
import { stream, writeChunk } from '../support/scripted-upstream.ts'
import {
  answeredBy,
  call,
  errorOf,
  register,
  remove,
  startWorker,
  until,
  workersOf,
} from './workers-setup.ts'

test('a gateway without workers says what to do, and takes calls once one is registered', async (t) => {
  const gateway = await startGateway(t)
  const refused = await call(gateway, 's')
  assert.deepEqual([refused.status, errorOf(refused)], [503, 'no_upstream'])
  assert.match(refused.body.toString(), /POST \/admin\/workers/)
  const worker = await startWorker(t, 'one')
  await register(gateway, { url: `${worker.url}/v1` })
  assert.equal(answeredBy(await call(gateway, 's')), 'one')
})

test('calls reach a worker under its API path', async (t) => {
  const gateway = await startGateway(t)
  const worker = await startWorker(t, 'one')
  await register(gateway, { url: `${worker.url}/serve/llm` })
  await call(gateway, 's')
  assert.equal(worker.server.seen.at(-1)?.path, '/serve/llm/chat/completions')
})

test('a stream under way finishes after its worker was removed, and new calls go elsewhere', async (t) => {
  const [first, second] = [await startWorker(t, 'one'), await startWorker(t, 'two')]
  const gateway = await startGateway(t)
  const id = await register(gateway, { url: first.url })
  const start = [roleEvent(), tokenEvent('one')]
  const end = [tokenEvent('.', { finish: 'stop' }), DONE]
  let finish = async (): Promise<void> => {}
  first.play(async (socket) => {
    await stream(start, { end: 'stall' })(socket, undefined as never)
    finish = async () => {
      for (const event of end) await writeChunk(socket, Buffer.from(event))
      socket.write('0\r\n\r\n')
    }
  })
  const body = Buffer.from(JSON.stringify(chat(true)))
  const reply = await send(`${gateway.url}/sessions/s/v1/chat/completions`, body)
  if (reply.readableLength === 0) await once(reply, 'readable')
  const { closed } = first.server.seen.at(-1) ?? assert.fail()

  await register(gateway, { url: second.url })
  assert.equal(await remove(gateway, id), 200)
  assert.equal(await remove(gateway, id), 404)
  assert.deepEqual(
    (await workersOf(gateway)).map(({ url }) => url),
    [second.url],
  )
  for (let at = 0; at < 20; at += 1) assert.equal(answeredBy(await call(gateway, `s${at}`)), 'two')
  await finish()
  const { complete, body: told } = await readReply(reply)
  assert.equal(complete, true)
  assert.equal(told.toString(), [...start, ...end].join(''))
  await closed
})

for (const how of ['stop', 'kill'] as const) {
  test(`registered workers are there after a restart, and the configuration's come back (${how})`, async (t) => {
    const [configured, registered] = [await startWorker(t, 'one'), await startWorker(t, 'two')]
    const config = { upstreams: [{ url: configured.url, kind: 'generic', worker_id: 'c' }] }
    const gateway = await startGateway(t, { config })
    await register(gateway, { url: registered.url, worker_id: 'r', model_name: 'm', weight: 2 })
    assert.equal(await remove(gateway, 'c'), 200)
    const before = await workersOf(gateway)
    assert.deepEqual(
      before.map(({ worker_id: id }) => id),
      ['r'],
    )
    await gateway[how]()
    const again = await startGateway(t, { config, dir: gateway.dir })
    assert.deepEqual((await workersOf(again)).slice(1), before)
    assert.equal((await workersOf(again))[0]?.worker_id, 'c')
  })
}

test('the gateway does not take itself for a worker', async (t) => {
  const gateway = await startGateway(t)
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0']) {
    const reply = await fetch(`${gateway.url}/admin/workers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: `http://${host}:${gateway.port}/v1` }),
    })
    assert.equal(reply.status, 400)
  }
  assert.deepEqual(await workersOf(gateway), [])
})

test('calls under way are counted', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await startGateway(t, { config: { upstreams: [{ url: worker.url }] } })
  worker.play(stream([roleEvent()], { end: 'stall' }))
  const body = Buffer.from(JSON.stringify(chat(true)))
  const replies = await Promise.all(
    ['a', 'b'].map((id) => send(`${gateway.url}/sessions/${id}/v1/chat/completions`, body)),
  )
  assert.equal((await workersOf(gateway))[0]?.active_requests, 2)
  for (const reply of replies) reply.destroy()
  await until(gateway, ([one]) => one?.active_requests === 0)
})
