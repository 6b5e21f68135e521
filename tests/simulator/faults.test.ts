import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeRaw, rawChat, readUntil, run } from './client.ts'

const fault = (name: string): Record<string, string> => ({ 'x-sim-fault': name })
const countEvents = (text: string): number => text.split('data: {').length - 1

test('error:<status> answers with that status and an error body', async () => {
  await using server = await run()
  const { status, json } = await server.chat({}, fault('error:500'))
  assert.equal(status, 500)
  assert.equal(json.error.type, 'InternalServerError')
  const limited = await server.chat({ stream: true }, fault('error:429'))
  assert.equal(limited.status, 429)
  assert.equal(limited.headers.get('retry-after'), '1')
})

test('reset-before-headers resets the connection without a byte', async () => {
  await using server = await run()
  const answer = await exchangeRaw(server.port, rawChat({}, fault('reset-before-headers')))
  assert.deepEqual(answer, { text: '', end: 'ECONNRESET' })
})

test('stall-before-headers says nothing until the client leaves', async () => {
  await using server = await run()
  const left = new AbortController()
  const call = fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...fault('stall-before-headers') },
    body: '{"messages":[]}',
    signal: left.signal,
  })
  await server.simulator.waitForRequest()
  assert.equal((await server.get('/health')).status, 200)
  left.abort()
  await assert.rejects(call, { name: 'AbortError' })
  assert.equal((await server.simulator.waitForAbort()).status, 0)
})

test('reset-after:N sends N events, then resets', async () => {
  await using server = await run()
  const answer = await exchangeRaw(server.port, rawChat({ stream: true }, fault('reset-after:3')))
  assert.equal(countEvents(answer.text), 3)
  assert.equal(answer.end, 'ECONNRESET')
  const record = await server.simulator.waitForClose()
  assert.equal(record.aborted, false, 'the simulator, not the client, ended it')
})

test('fin-after:N sends N events, then closes without the end of HTTP', async () => {
  await using server = await run()
  const answer = await exchangeRaw(server.port, rawChat({ stream: true }, fault('fin-after:4')))
  assert.equal(countEvents(answer.text), 4)
  assert.equal(answer.end, 'fin')
  assert.ok(!answer.text.includes('\r\n0\r\n') && !answer.text.includes('[DONE]'))
})

test('fin-mid-event:N closes inside the event after N', async () => {
  await using server = await run()
  const answer = await exchangeRaw(server.port, rawChat({ stream: true }, fault('fin-mid-event:2')))
  assert.equal(countEvents(answer.text), 3)
  assert.ok(!answer.text.trimEnd().endsWith('}'))
})

test('end-after:N ends the answer in good order, without [DONE]', async () => {
  await using server = await run()
  const { text } = await server.chat({ stream: true }, fault('end-after:2'))
  assert.equal(countEvents(text), 2)
  assert.ok(!text.includes('[DONE]'))
})

test('stall-after:N sends N events and falls silent; the client leaving ends it', async () => {
  await using server = await run()
  const request = rawChat({ stream: true }, fault('stall-after:0'))
  const socket = await readUntil(server.port, request, 'text/event-stream')
  assert.equal(server.simulator.counters.running + server.simulator.counters.waiting, 1)
  socket.destroy()
  await server.simulator.waitForAbort()
  assert.equal(server.simulator.counters.aborted, 1)
})

test('error-event-after:N sends an error with Python separators, then [DONE]', async () => {
  await using server = await run()
  const { text, status } = await server.chat({ stream: true }, fault('error-event-after:2'))
  assert.equal(status, 200)
  assert.match(
    text,
    /data: \{"error": \{"message": "[^"]+", "type": "InternalServerError", "param": null, "code": 500\}\}\n\ndata: \[DONE\]\n\n$/,
  )
  assert.equal(countEvents(text), 3)
  assert.equal((await server.chat({}, fault('error-event-after:2'))).status, 500)
})

test('garbage, html-502, empty and redirect answer in place of the model', async () => {
  await using server = await run()
  const garbage = await server.chat({}, fault('garbage'))
  assert.equal(garbage.status, 200)
  assert.throws(() => garbage.json)
  const events = await server.chat({ stream: true }, fault('garbage'))
  assert.equal(events.headers.get('content-type'), 'text/event-stream')
  const html = await server.chat({}, fault('html-502'))
  assert.equal(html.status, 502)
  assert.equal(html.headers.get('content-type'), 'text/html')
  assert.equal((await server.chat({}, fault('empty'))).text, '')
  const redirect = await server.chat({}, fault('redirect'))
  assert.equal(redirect.status, 307)
  assert.ok(redirect.headers.get('location'))
})

test('not-http sends bytes that are no HTTP', async () => {
  await using server = await run()
  const answer = await exchangeRaw(server.port, rawChat({}, fault('not-http')))
  assert.ok(!answer.text.startsWith('HTTP/'))
})

test('truncate-body announces a whole body and sends half of it', async () => {
  await using server = await run()
  const { text, end } = await exchangeRaw(server.port, rawChat({}, fault('truncate-body')))
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const announced = Number(/content-length: (\d+)/i.exec(head)?.[1])
  assert.ok(body.length > 0 && body.length < announced)
  assert.equal(end, 'fin')
  const stream = await exchangeRaw(server.port, rawChat({ stream: true }, fault('truncate-body')))
  assert.ok(!stream.text.includes('[DONE]'))
})

test('stall-body sends half a body and falls silent', async () => {
  await using server = await run()
  const socket = await readUntil(server.port, rawChat({}, fault('stall-body')), '"chat.completion"')
  socket.destroy()
  await server.simulator.waitForAbort()
})

test('slow-drip sends the same bytes in crumbs', async () => {
  await using server = await run({ replyTokens: 4 })
  for (const stream of [false, true]) {
    const fields = { stream, request_id: 'same' }
    const strip = (text: string): string => text.replaceAll(/"created":\d+/g, '')
    const whole = await server.chat(fields)
    const dripped = await server.chat(fields, fault('slow-drip'))
    assert.equal(strip(dripped.text), strip(whole.text))
  }
})

test('no-done leaves out [DONE], no-usage the usage', async () => {
  await using server = await run()
  const fields = { stream: true, stream_options: { include_usage: true } }
  const noDone = await server.chat(fields, fault('no-done'))
  assert.ok(noDone.text.includes('"usage"') && !noDone.text.includes('[DONE]'))
  const noUsage = await server.chat(fields, fault('no-usage'))
  assert.ok(!noUsage.text.includes('"usage"') && noUsage.text.includes('[DONE]'))
  assert.equal((await server.chat({}, fault('no-usage'))).json.usage, null)
})

test('a fault set by option strikes calls, not health checks; a header goes before it', async () => {
  await using server = await run({ fault: 'error:503' })
  assert.equal((await server.chat()).status, 503)
  assert.equal((await server.get('/health')).status, 200)
  assert.equal((await server.chat({}, fault('no-done'))).status, 200)
})

test('a rule can fail the first two requests only', async () => {
  await using server = await run({ fault: ({ index }) => (index < 2 ? 'error:500' : undefined) })
  const statuses = [await server.chat(), await server.chat(), await server.chat()]
  assert.deepEqual(
    statuses.map((answer) => answer.status),
    [500, 500, 200],
  )
})

test('a fault or a number nobody can read is a 400 that says so', async () => {
  await using server = await run()
  const unknown = await server.chat({}, fault('explode'))
  assert.equal(unknown.status, 400)
  assert.match(unknown.text, /Unknown fault \\"explode\\".*reset-after/)
  assert.equal((await server.chat({}, fault('reset-after:x'))).status, 400)
  assert.equal((await server.chat({}, { 'x-sim-tps': '-1' })).status, 400)
  assert.equal((await server.chat({}, { 'x-sim-reply': '%' })).status, 400)
})
