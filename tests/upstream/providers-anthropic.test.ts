import assert from 'node:assert/strict'
import { test } from 'node:test'
import { single, startUpstream, stream, writeChunk } from '../support/scripted-upstream.ts'
import {
  block,
  EVERYTHING,
  EVERYTHING_AT_ONCE,
  event,
  finish,
  start,
  STOP,
  text,
} from '../wire/anthropic-events.ts'
import { chatCall, jsonOf, providedBy, send } from './providers-setup.ts'
import { textOf } from './setup.ts'

const ASK = { model: 'claude-x', messages: [{ role: 'user', content: 'q' }] }
const KEY = { Authorization: 'Bearer sk-1' }

for (const base of ['', '/', '/v1', '/v1/', '/proxy', '/proxy/v1']) {
  test(`a chat goes to the messages of a base that ends in "${base}"`, async (t) => {
    const server = await startUpstream(t)
    server.play(single(JSON.stringify(EVERYTHING_AT_ONCE)))
    const upstream = providedBy(t, 'anthropic', server.url + base, { headers: KEY })
    const reply = await jsonOf(await send(upstream, chatCall(ASK)))
    assert.equal(reply['object'], 'chat.completion')
    const [seen] = server.seen
    assert.equal(seen?.path, base.startsWith('/proxy') ? '/proxy/v1/messages' : '/v1/messages')
    const { 'x-api-key': key, 'anthropic-version': version, authorization } = seen?.headers ?? {}
    assert.deepEqual([key, version, authorization], ['sk-1', '2023-06-01', undefined])
    assert.deepEqual(JSON.parse(String(seen?.body)), {
      model: 'claude-x',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }],
    })
  })
}

test('the caller’s own key is Anthropic’s key too, and the token of a user stays one', async (t) => {
  const server = await startUpstream(t)
  server.play(single(JSON.stringify(EVERYTHING_AT_ONCE)))
  const upstream = providedBy(t, 'anthropic', server.url)
  for (const authorization of ['Bearer sk-2', 'Bearer sk-ant-oat01-x']) {
    const call = chatCall(ASK)
    await textOf(await send(upstream, { ...call, headers: { ...call.headers, authorization } }))
  }
  const [first, second] = server.seen.map(({ headers }) => headers)
  assert.deepEqual([first?.['x-api-key'], first?.['authorization']], ['sk-2', undefined])
  assert.equal(second?.['x-api-key'], undefined)
  assert.equal(second?.['authorization'], 'Bearer sk-ant-oat01-x')
})

test('params that are left out are named in a header, unless no header can hold them', async (t) => {
  const server = await startUpstream(t)
  server.play(single(JSON.stringify(EVERYTHING_AT_ONCE)))
  const upstream = providedBy(t, 'anthropic', server.url)
  const reply = await send(upstream, chatCall({ ...ASK, seed: 1, logprobs: true, 'a\r\nb': 1 }))
  assert.equal(reply.headers['x-sluice-dropped-params'], 'seed, logprobs')
  await textOf(reply)
  const plain = await send(upstream, chatCall(ASK))
  assert.equal(plain.headers['x-sluice-dropped-params'], undefined)
  await textOf(plain)
})

test('each event is passed on when it comes, and the usage and terminator at the end', async (t) => {
  const server = await startUpstream(t)
  const gate = Promise.withResolvers<void>()
  server.play(async (socket) => {
    await stream([start(), event('ping')], { end: 'stall' })(socket, undefined as never)
    await gate.promise
    const rest = block(0, { type: 'text', text: '' }, text('Hi')) + finish('end_turn') + STOP
    for (const byte of Buffer.from(rest)) await writeChunk(socket, Buffer.from([byte]))
    socket.write('0\r\n\r\n')
  })
  const upstream = providedBy(t, 'anthropic', server.url)
  const asked = { ...ASK, stream: true, stream_options: { include_usage: true } }
  const reply = await send(upstream, chatCall(asked))
  assert.match(reply.headers['content-type'] ?? '', /event-stream/)
  const body = reply.body[Symbol.asyncIterator]()
  const first = await body.next()
  assert.match(String(first.value), /"role":"assistant"/, 'the first event waits for no other')
  gate.resolve()
  const rest: string[] = []
  for (let read = await body.next(); !read.done; read = await body.next())
    rest.push(Buffer.from(read.value).toString())
  assert.match(rest.join(''), /"Hi".*"stop".*"usage".*\n\ndata: \[DONE\]\n\n$/s)
})

test('a stream that is cut stays cut', async (t) => {
  const server = await startUpstream(t)
  const half = EVERYTHING.slice(0, EVERYTHING.indexOf('message_delta'))
  for (const end of ['rst', 'fin'] as const) {
    server.play(stream([half], { end }))
    const upstream = providedBy(t, 'anthropic', server.url)
    const reply = await send(upstream, chatCall({ ...ASK, stream: true }))
    await assert.rejects(textOf(reply), { code: 'upstream_reset' })
  }
})

test('a reader that leaves closes the connection, whether it has read or not', async (t) => {
  const server = await startUpstream(t)
  server.play(stream([start()], { end: 'stall' }))
  const upstream = providedBy(t, 'anthropic', server.url)
  for (const hasRead of [true, false]) {
    const seen = server.next()
    const reply = await send(upstream, chatCall({ ...ASK, stream: true }))
    const body = reply.body[Symbol.asyncIterator]()
    if (hasRead) await body.next()
    await body.return?.()
    await (
      await seen
    ).closed
  }
  assert.equal(upstream.inFlight, 0)
})

test('an aborted call ends its body with the reason and closes the connection', async (t) => {
  const server = await startUpstream(t)
  server.play(stream([start()], { end: 'stall' }))
  const upstream = providedBy(t, 'anthropic', server.url)
  const controller = new AbortController()
  const seen = server.next()
  const reply = await send(upstream, chatCall({ ...ASK, stream: true }), controller.signal)
  assert.equal(upstream.inFlight, 1)
  controller.abort(new Error('enough'))
  await assert.rejects(textOf(reply), /enough/)
  await (
    await seen
  ).closed
})

test('errors have OpenAI’s shape, their status, and their retry-after', async (t) => {
  const server = await startUpstream(t)
  const upstream = providedBy(t, 'anthropic', server.url)
  for (const [status, want, type] of [
    [529, 503, 'overloaded_error'],
    [429, 429, 'rate_limit_error'],
    [401, 401, 'authentication_error'],
  ] as const) {
    const body = JSON.stringify({ type: 'error', error: { type, message: 'no' } })
    server.play(single(body, { status, headers: { 'retry-after': '7' } }))
    const reply = await send(upstream, chatCall({ ...ASK, stream: true }))
    assert.deepEqual([reply.status, reply.headers['retry-after']], [want, '7'])
    assert.deepEqual(await jsonOf(reply), {
      error: { message: 'no', type, param: null, code: type },
    })
  }
})

test('an error that comes as an event has the status that clients know, too', async (t) => {
  const server = await startUpstream(t)
  const upstream = providedBy(t, 'anthropic', server.url)
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const said = `event: error\ndata: ${JSON.stringify(error)}\n\n`
  server.play(single(said, { status: 529, headers: { 'content-type': 'text/event-stream' } }))
  const reply = await send(upstream, chatCall({ model: 'm', messages: [] }))
  assert.equal(reply.status, 503)
  assert.match(await textOf(reply), /^data: \{"error":\{"message":"Overloaded"/)
})

test('Anthropic’s own routes pass untouched, with the key', async (t) => {
  const server = await startUpstream(t)
  const upstream = providedBy(t, 'anthropic', `${server.url}/v1`, { headers: KEY })
  for (const [method, path] of [
    ['POST', '/v1/messages?beta=true'],
    ['POST', '/v1/messages/count_tokens'],
    ['GET', '/v1/models'],
  ] as const) {
    server.play(single('{"any": 1}', { status: 529 }))
    const body = method === 'GET' ? null : Buffer.from('{"model" : "c"}')
    const headers = { 'anthropic-version': '2024-01-01', 'anthropic-beta': 'b' }
    const reply = await send(upstream, { method, path, headers, body })
    assert.deepEqual([reply.status, await textOf(reply)], [529, '{"any": 1}'])
    const seen = server.seen.at(-1)
    assert.deepEqual(
      [seen?.method, seen?.path, String(seen?.body)],
      [method, path, String(body ?? '')],
    )
    assert.equal(seen?.headers['x-api-key'], 'sk-1')
    assert.equal(seen?.headers['anthropic-version'], '2024-01-01')
    assert.equal(seen?.headers['anthropic-beta'], 'b')
  }
})

test('routes that Anthropic does not have are told apart at once', async (t) => {
  const server = await startUpstream(t)
  const upstream = providedBy(t, 'anthropic', server.url)
  for (const path of ['/v1/embeddings', '/v1/completions', '/v1/responses', '/tokenize']) {
    await assert.rejects(send(upstream, chatCall({}, path)), {
      code: 'route_not_found',
      status: 404,
    })
  }
  assert.equal(server.seen.length, 0)
  assert.equal(upstream.inFlight, 0)
})

test('health, load and names are those of the upstream behind it', async (t) => {
  const upstream = providedBy(t, 'anthropic', 'http://127.0.0.1:1', { id: 'a', kind: 'openai' })
  const { id, kind, url } = upstream
  assert.deepEqual([id, kind, url], ['a', 'openai', 'http://127.0.0.1:1'])
  upstream.mark(false)
  assert.equal(upstream.healthy, false)
  upstream.retire()
  await upstream.drained
})
