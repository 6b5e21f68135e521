import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createSimulator } from '../../src/simulator/index.ts'
import { eventsOf, type Json, rawChat, readUntil, run } from './client.ts'

const SLOW = { 'x-sim-tps': '2', 'x-sim-tokens': '1000' }

test('requests are recorded with method, url, headers and the bytes of the body', async () => {
  await using server = await run()
  const seen: string[] = []
  const stop = server.simulator.onRequest(({ url }) => seen.push(url))
  const waiting = server.simulator.waitForRequest(({ url }) => url.startsWith('/v1/models'))
  await server.chat({ marker: 1 }, { 'x-mine': 'yes' })
  stop()
  await server.get('/v1/models?x=1')
  const [first, second] = server.simulator.requests
  assert.equal(first?.method, 'POST')
  assert.equal(first?.headers['x-mine'], 'yes')
  assert.equal(JSON.parse(String(first?.body)).marker, 1)
  assert.equal(first?.status, 200)
  assert.equal(first?.aborted, false)
  assert.equal(await waiting, second)
  assert.deepEqual(seen, ['/v1/chat/completions'])
})

test('only the latest 10,000 requests are kept', async () => {
  await using server = await run()
  const { Recorder } = await import('../../src/simulator/recorder.ts')
  const recorder = new Recorder()
  const base = { method: 'GET', url: '/', headers: {}, body: Buffer.alloc(0), status: 0 }
  for (let index = 0; index < 10_010; index++) {
    recorder.add({ ...base, index, aborted: false, closed: false })
  }
  assert.equal(recorder.requests.length, 10_000)
  assert.equal(recorder.requests[0]?.index, 10)
  assert.equal(server.simulator.requests.length, 0)
})

test('a client that leaves cancels its generation', async () => {
  await using server = await run()
  const socket = await readUntil(server.port, rawChat({ stream: true }, SLOW), '"role"')
  assert.deepEqual(server.simulator.counters, { running: 1, waiting: 0, finished: 0, aborted: 0 })
  socket.destroy()
  const record = await server.simulator.waitForAbort()
  assert.equal(record.aborted, true)
  assert.deepEqual(server.simulator.counters, { running: 0, waiting: 0, finished: 0, aborted: 1 })
})

test('a client that leaves before a body is ready cancels it as well', async () => {
  await using server = await run({ ttftMs: 60_000 })
  const socket = connect(server.port, '127.0.0.1', () => socket.write(rawChat({})))
  await server.simulator.waitForRequest()
  assert.equal((await server.get('/load')).text, '{"server_load":1}')
  assert.equal(server.simulator.counters.waiting, 1)
  socket.destroy()
  await server.simulator.waitForAbort()
  assert.equal(server.simulator.counters.aborted, 1)
})

test('a client that leaves in the middle of its body is recorded with the bytes that came', async () => {
  await using server = await run()
  const request = rawChat({})
  const socket = connect(server.port, '127.0.0.1', () => {
    socket.write(request.slice(0, -10), () => socket.destroySoon())
  })
  const record = await server.simulator.waitForAbort()
  assert.ok(request.includes(String(record.body)) && record.body.length > 0)
  assert.equal(server.simulator.counters.aborted, 0)
})

test('a reader that stops reading holds its generation back', async () => {
  await using server = await run({ tokensPerChunk: 1000 })
  // 20 MB in a few chunks: more than any socket buffers, and ready within a few turns.
  const limit = { ignore_eos: true, max_tokens: 12_000 }
  const request = rawChat({ stream: true, logprobs: true, top_logprobs: 20, ...limit })
  const socket = connect(server.port, '127.0.0.1', () => socket.write(request))
  socket.pause()
  await server.simulator.waitForRequest()
  for (let trip = 0; trip < 30; trip++) await server.get('/health')
  assert.equal(server.simulator.counters.running, 1)
  const ended = server.simulator.waitForClose(({ url }) => url === '/v1/chat/completions')
  socket.resume()
  assert.equal((await ended).aborted, false)
  assert.equal(server.simulator.counters.finished, 1)
  socket.destroy()
})

test('the time to the first token and the speed are kept', async () => {
  await using server = await run()
  const start = performance.now()
  await server.chat(
    { stream: true },
    { 'x-sim-ttft-ms': '40', 'x-sim-tps': '100', 'x-sim-tokens': '6' },
  )
  const streamed = performance.now() - start
  await server.chat({}, { 'x-sim-ttft-ms': '40', 'x-sim-tps': '100', 'x-sim-tokens': '6' })
  const body = performance.now() - start - streamed
  assert.ok(streamed >= 85, `${streamed} ms`)
  assert.ok(body >= 85, `${body} ms`)
})

const finishes = (events: readonly Json[]): unknown[] =>
  events.flatMap((event) => event.choices).flatMap((choice) => choice.finish_reason ?? [])

test('abort_requests ends a stream with what it has, by id or all of them', async () => {
  await using server = await run()
  const start = (id: string): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': id, ...SLOW },
      body: '{"messages":[{"role":"user","content":"Hi"}],"stream":true,"n":2,"return_token_ids":true}',
    })
  const [one, two] = [await start('one'), await start('two')]
  const byId = await server.post('/abort_requests', { request_ids: ['chatcmpl-one'] })
  assert.deepEqual(byId.json, { status: 'aborted', aborted: 1 })
  assert.deepEqual(finishes(eventsOf(await one.text())), ['abort', 'abort'])
  assert.equal((await server.post('/abort_requests', {})).json.aborted, 1)
  assert.deepEqual(finishes(eventsOf(await two.text())), ['abort', 'abort'])
  assert.equal(server.simulator.counters.aborted, 2)
})

test('pause with abort ends a body with the tokens that were due', async () => {
  await using server = await run()
  const call = server.chat({ return_token_ids: true }, SLOW)
  await server.simulator.waitForRequest()
  await server.get('/health')
  assert.deepEqual((await server.post('/pause', {})).json, { status: 'paused' })
  const choice = (await call).json.choices[0]
  assert.equal(choice?.finish_reason, 'abort')
  assert.ok(Number(choice?.token_ids.length) < 1000)
})

test('a request that arrives while paused is held until resume', async () => {
  await using server = await run()
  await server.post('/pause?mode=keep', {})
  assert.deepEqual((await server.get('/is_paused')).json, { is_paused: true })
  const call = server.chat()
  await server.simulator.waitForRequest(({ url }) => url === '/v1/chat/completions')
  await server.get('/health')
  assert.equal(server.simulator.counters.waiting, 1)
  assert.deepEqual((await server.post('/resume', {})).json, { status: 'resumed' })
  assert.equal((await call).status, 200)
})

test('pause with wait answers after the running requests have finished', async () => {
  await using server = await run()
  const call = server.chat({}, { 'x-sim-ttft-ms': '30' })
  await server.simulator.waitForRequest()
  await server.get('/health')
  await server.post('/pause?mode=wait', {})
  assert.deepEqual(server.simulator.counters, { running: 0, waiting: 0, finished: 1, aborted: 0 })
  assert.equal((await call).status, 200)
  assert.equal((await server.post('/pause?mode=never', {})).status, 400)
})

test('closing ends open streams; closing twice is fine', async () => {
  const simulator = createSimulator()
  const { port, url } = await simulator.listen()
  assert.equal(url, `http://127.0.0.1:${port}`)
  await readUntil(port, rawChat({ stream: true }, SLOW), '"role"')
  await simulator.close()
  await simulator.close()
  await assert.rejects(fetch(url))
})

test('a port in use is an error', async () => {
  await using server = await run()
  await assert.rejects(createSimulator().listen(server.port), { code: 'EADDRINUSE' })
})
