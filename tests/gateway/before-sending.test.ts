import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single } from '../support/scripted-upstream.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'
import { attemptsOf, call, register, remove, startWorker, traceOf } from './workers-setup.ts'

/** A port that accepts connections and resets them before TLS is agreed on. */
async function startResetting(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.resetAndDestroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('a call whose connection never came about has cost nothing and moves, also at OpenAI', async (t) => {
  const ports = [await startResetting(t), await startResetting(t)]
  const worker = await startWorker(t, 'well')
  const upstreams = [
    ...ports.map((port) => ({ url: `https://127.0.0.1:${port}`, kind: 'openai', weight: 1_000 })),
    { url: worker.url, kind: 'openai', weight: 0.001 },
  ]
  const gateway = await startGateway(t, { config: { upstreams } })
  const trace = await traceOf(gateway, await call(gateway, 's'))
  const unreachable = 'upstream_unreachable'
  assert.deepEqual(attemptsOf(trace), [unreachable, unreachable, 200])
})

async function finishedTrace(gateway: RunningGateway, session: string): Promise<Trace> {
  for (;;) {
    const [trace] = (await gateway.json(`/sessions/${session}/traces`)) as readonly Trace[]
    if (trace && trace.status !== 'pending') return trace
  }
}

test('a caller who leaves while a server is asked what it is does not wait for the answer', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await startGateway(t)
  let gaveUp = false
  worker.server.play((socket, seen) => {
    if (seen.method === 'POST') return single(completion('one'))(socket, seen)
    socket.once('close', () => (gaveUp = true))
  })
  await register(gateway, { url: worker.url })
  const asked = worker.server.next()
  const outgoing = request(`${gateway.url}/sessions/left/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  }).on('error', () => {})
  outgoing.end(JSON.stringify(chat(false)))
  await asked
  outgoing.destroy()
  const trace = await finishedTrace(gateway, 'left')
  assert.equal(gaveUp, false)
  assert.deepEqual([trace.status, trace.reason], ['partial', 'client_closed'])
  assert.deepEqual([trace.attempts, trace.upstream, trace.weight_version_end], [[], null, null])
})

test('a worker that is removed while it is asked what it is still answers the call that waits', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await startGateway(t)
  let answer = (): unknown => undefined
  worker.server.play((socket, seen) => {
    if (seen.method === 'POST') return single(completion('one'))(socket, seen)
    answer = () => single('{"version":"0.11.0"}')(socket, seen)
  })
  const id = await register(gateway, { url: worker.url })
  const asked = worker.server.next()
  const reply = call(gateway, 's')
  await asked
  assert.equal(await remove(gateway, id), 200)
  answer()
  const trace = await traceOf(gateway, await reply)
  assert.deepEqual([trace.status, trace.upstream?.kind], ['complete', 'vllm'])
})

test('a call that a plugin stops before it is sent met no upstream and no weights', async (t) => {
  const source = `export default { name: 'stop', setup: () => ({ attempt() { throw new Error('no') } }) }`
  const dir = folderWith(t, { 'stop.ts': source })
  const worker = await startWorker(t, 'one')
  const upstreams = [{ url: worker.url, kind: 'generic' }]
  const gateway = await startGateway(t, {
    dir,
    config: { upstreams, plugins: [...BUILT_IN, 'stop'] },
  })
  await post(`${gateway.url}/admin/weight_version`, { weight_version: 7 })
  const trace = await traceOf(gateway, await call(gateway, 's'))
  assert.deepEqual([trace.status, trace.reason, trace.attempts], ['error', 'hook_failed', []])
  assert.deepEqual(
    [trace.upstream, trace.weight_version, trace.weight_version_end],
    [null, null, null],
  )
})
