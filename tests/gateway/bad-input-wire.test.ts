import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { completion, tokenEvent } from '../support/events.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, stream, type Script } from '../support/scripted-upstream.ts'
import { requestOf, talk, type WireReply } from './raw-talk.ts'
import {
  assertError,
  BODY_LIMIT,
  GOOD_BODY,
  PATH,
  startStrict,
  type StrictGateway,
} from './refusals.ts'

const LENGTH = { 'content-type': 'application/json', 'content-length': String(GOOD_BODY.length) }

describe('requests that no HTTP client would send', () => {
  const scope = createScope()
  let strict: StrictGateway
  before(async () => void (strict = await startStrict(scope)))
  after(() => scope.close())

  /** Writes a request on a connection of its own; the reply, and that nothing reached the upstream. */
  async function refused(bytes: Buffer): Promise<WireReply> {
    const seen = strict.upstream.seen.length
    const { socket, next } = await talk(strict.gateway.port)
    socket.write(bytes)
    const reply = await next()
    socket.destroy()
    assert.ok(reply, 'there is an answer')
    assert.equal(strict.upstream.seen.length, seen)
    return reply
  }

  test('a URL and headers of 64 KB are a 431', async () => {
    const line = `POST ${PATH}?x=${'a'.repeat(66_000)} HTTP/1.1`
    const reply = await refused(requestOf(line, { host: 'x' }))
    assertError(reply, { status: 431, code: 'uri_too_long', says: /over the limit/ })
  })

  test('2,100 headers are a 431, also with the length behind them', async () => {
    const flood = Object.fromEntries(Array.from({ length: 2_100 }, (_, i) => [`x-${i}`, '1']))
    const headers = { host: 'x', ...flood, ...LENGTH }
    const reply = await refused(requestOf(`POST ${PATH} HTTP/1.1`, headers, GOOD_BODY))
    assertError(reply, { status: 431, code: 'bad_request', says: /more than 200 headers/ })
    assert.equal(reply.headers['connection'], 'close')
  })

  test('no host is a 400', async () => {
    const reply = await refused(requestOf(`POST ${PATH} HTTP/1.1`, LENGTH, GOOD_BODY))
    assertError(reply, { status: 400, code: 'bad_request', says: /host/i })
  })

  for (const [what, bytes] of Object.entries({
    'two lengths': requestOf(
      `POST ${PATH} HTTP/1.1`,
      { host: 'x', ...LENGTH, 'Content-Length': '3' },
      GOOD_BODY,
    ),
    'a length and chunks': requestOf(
      `POST ${PATH} HTTP/1.1`,
      { host: 'x', ...LENGTH, 'transfer-encoding': 'chunked' },
      GOOD_BODY,
    ),
    'a length that is no number': requestOf(
      `POST ${PATH} HTTP/1.1`,
      { host: 'x', 'content-length': '1e3' },
      GOOD_BODY,
    ),
    'a broken chunk': requestOf(
      `POST ${PATH} HTTP/1.1`,
      { host: 'x', 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      'zz\r\n{}\r\n0\r\n\r\n',
    ),
    'a header name with a space': requestOf(`POST ${PATH} HTTP/1.1`, {
      host: 'x',
      'bad name': '1',
    }),
    'no HTTP at all': Buffer.from('hello\r\n\r\n'),
  })) {
    test(`${what}: a 400 in the shape of every other error`, async () => {
      assertError(await refused(bytes), {
        status: 400,
        code: 'bad_request',
        says: /HPE_|cannot be read/,
      })
    })
  }

  test('garbage behind a call never gets between the bytes of its answer', async () => {
    const { gateway, upstream } = strict
    upstream.play(stream([tokenEvent('one')], { end: 'stall' }))
    const { socket, closed } = await talk(gateway.port)
    let seen = ''
    const events = new Promise<void>((resolve) => {
      socket.on('data', (bytes) => {
        seen += String(bytes)
        if (seen.includes('"one"')) resolve()
      })
    })
    socket.write(requestOf(`POST ${PATH} HTTP/1.1`, { host: 'x', ...LENGTH }, GOOD_BODY))
    await events
    socket.write('garbage\r\n\r\n')
    await closed
    assert.equal(seen.match(/HTTP\/1/g)?.length, 1, seen)
    upstream.play(single(completion('well')))
  })

  test('a body without end is a 413 while it is still being sent', async () => {
    const { socket, next } = await talk(strict.gateway.port)
    const headers = {
      host: 'x',
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    }
    socket.write(requestOf(`POST ${PATH} HTTP/1.1`, headers))
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (let sent = 0; sent <= BODY_LIMIT; sent += 65_536) socket.write(chunk)
    const reply = await next()
    assert.ok(reply)
    assertError(reply, { status: 413, code: 'body_too_large', says: /it may have/ })
    socket.destroy()
  })

  test('bodies far over the limit leave no memory behind', async () => {
    const { gateway } = strict
    const before = residentBytes(gateway.child.pid)
    for (let i = 0; i < 8; i += 1) await floodOnce(gateway.port)
    const grown = residentBytes(gateway.child.pid) - before
    assert.ok(grown < 60_000_000, `256 MB were offered and ${grown} bytes are kept`)
  })

  test('an absolute target names the same call, whatever its host', async () => {
    const { socket, next } = await talk(strict.gateway.port)
    socket.write(
      requestOf(
        `POST http://evil.test${PATH} HTTP/1.1`,
        { host: 'evil.test', ...LENGTH },
        GOOD_BODY,
      ),
    )
    assert.equal((await next())?.status, 200)
    assert.equal(strict.upstream.seen.at(-1)?.path, PATH)
    assert.equal(strict.upstream.seen.at(-1)?.headers['host'], new URL(strict.upstream.url).host)
    socket.destroy()
  })

  test('HTTP/1.0 is answered, and its connection closed', async () => {
    const { socket, next, closed } = await talk(strict.gateway.port)
    socket.write(requestOf(`POST ${PATH} HTTP/1.0`, LENGTH, GOOD_BODY))
    const reply = await next()
    assert.equal(reply?.status, 200)
    assert.equal(reply?.body.toString(), completion('well'))
    await closed
  })

  test('ten requests in one write are answered in order, one trace each', async () => {
    const { gateway, upstream } = strict
    upstream.play(echo)
    const { socket, next } = await talk(gateway.port)
    const numbers = Array.from({ length: 10 }, (_, i) => i)
    const bodies = numbers.map((i) => `{"model":"m","messages":[],"user":"${i}"}`)
    const sent = bodies.map((body) =>
      requestOf(
        `POST /sessions/pipe${PATH} HTTP/1.1`,
        { host: 'x', ...LENGTH, 'content-length': String(body.length) },
        body,
      ),
    )
    socket.write(Buffer.concat(sent))
    const ids = new Set<string | undefined>()
    for (const i of numbers) {
      const reply = await next()
      assert.equal((JSON.parse(String(reply?.body)) as { user?: string }).user, String(i))
      ids.add(reply?.headers['x-trace-id'])
    }
    assert.equal(ids.size, 10)
    assert.equal(((await gateway.json('/sessions/pipe/traces')) as unknown[]).length, 10)
    socket.destroy()
    upstream.play(single(completion('well')))
  })

  test('a call that comes back to the gateway is a 508, not a circle', async () => {
    const { gateway, upstream } = strict
    const seen = upstream.seen.length
    upstream.play(async (socket, request) => {
      const reply = await post(gateway.url + request.path, request.body, request.headers)
      return single(reply.body, { status: reply.status })(socket, request)
    })
    const reply = await strict.call({})
    assertError(reply, { status: 508, code: 'upstream_loop', says: /the gateway itself/ })
    assert.equal(upstream.seen.length, seen + 1)
    upstream.play(single(completion('well')))
  })
})

/** Answers with the body it was sent. */
const echo: Script = (socket, request_) => single(request_.body)(socket, request_)

/** Offers 32 MB and reads what there is to read until the gateway closes. */
async function floodOnce(port: number): Promise<void> {
  const { socket, closed } = await talk(port)
  const headers = { host: 'x', 'content-type': 'application/json', 'content-length': '33554432' }
  socket.write(requestOf(`POST ${PATH} HTTP/1.1`, headers))
  const part = Buffer.alloc(1_048_576, 'x')
  for (let i = 0; i < 32 && !socket.destroyed; i += 1) socket.write(part)
  await closed
}

function residentBytes(pid: number | undefined): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
