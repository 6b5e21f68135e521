import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DONE, tokenEvent } from '../support/events.ts'
import { createScope } from '../support/scope.ts'
import { head, single } from '../support/scripted-upstream.ts'
import { BODY, codeOf, raw, REPLY_LIMIT, startOdd, type OddGateway } from './odd-replies.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

describe('odd replies on their way to the caller', () => {
  const scope = createScope()
  let odd: OddGateway
  before(async () => void (odd = await startOdd(scope)))
  after(() => scope.close())

  for (const status of [402, 418, 451, 503, 529, 599]) {
    test(`status ${status} passes with its body`, async () => {
      const { reply, trace } = await odd.answered(single('{"error":"no"}', { status }))
      assert.deepEqual([reply.status, reply.body.toString()], [status, '{"error":"no"}'])
      assert.deepEqual([trace.status, trace.http_status], ['error', status])
    })
  }

  for (const status of [204, 304]) {
    test(`status ${status} passes without a body`, async () => {
      const { reply } = await odd.answered(raw(`HTTP/1.1 ${status} X\r\nx-own: 1\r\n\r\n`))
      assert.deepEqual([reply.status, reply.body.length], [status, 0])
      assert.equal(reply.headers['x-own'], '1')
    })
  }

  test('HEAD passes with its headers and no body', async () => {
    odd.upstream.play((socket) =>
      socket.write(head(200, { ...JSON_TYPE, 'content-length': '99', etag: '"a"' })),
    )
    const reply = await fetch(`${odd.gateway.url}/v1/models`, { method: 'HEAD' })
    assert.deepEqual([reply.status, reply.headers.get('etag')], [200, '"a"'])
    assert.equal(reply.headers.get('content-length'), null, 'no length is made up')
  })

  // An unasked 100 is refused by undici, which is the transport here.
  test('interim answers are not taken for the answer', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'
    const { reply } = await odd.answered(
      raw(
        'HTTP/1.1 102 Processing\r\n\r\n',
        hints,
        hints,
        head(200, { ...JSON_TYPE, 'content-length': String(BODY.length) }),
        BODY,
      ),
    )
    assert.deepEqual([reply.status, reply.body.toString()], [200, BODY])
    assert.equal(reply.headers['link'], undefined)
  })

  for (const [type, body] of [
    ['application/json', BODY],
    ['text/event-stream', `${tokenEvent('one', { finish: 'stop' })}${DONE}`],
  ] as const) {
    test(`headers beyond ASCII keep their bytes beside ${type}`, async () => {
      const note = Buffer.from('blü 日本').toString('latin1')
      const bytes = { 'content-type': type, 'content-length': String(body.length), 'x-note': note }
      const { reply } = await odd.answered(raw(Buffer.from(head(200, bytes), 'latin1'), body))
      assert.deepEqual([reply.headers['x-note'], reply.body.toString()], [note, body])
    })
  }

  test('an upgrade that nobody asked for is a 502', async () => {
    const { reply } = await odd.answered(
      raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    )
    assert.equal(reply.status, 502)
  })

  test('U22: a reply shorter than it says is a 502 and partial', async () => {
    const { reply, trace } = await odd.answered((socket) => {
      socket.write(head(200, { ...JSON_TYPE, 'content-length': '5000' }))
      socket.end(BODY)
    })
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_reset'])
    assert.deepEqual([trace.status, trace.reason], ['partial', 'upstream_reset'])
  })

  test(
    'U23: of a reply longer than it says the rest is dropped, and its connection with it',
    { timeout: 10_000 },
    async () => {
      let closed: Promise<void> | undefined
      const more = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged'
      const { reply } = await odd.answered((socket, request) => {
        closed = request.closed
        return raw(head(200, { ...JSON_TYPE, 'content-length': String(BODY.length) }), BODY + more)(
          socket,
          request,
        )
      })
      assert.deepEqual([reply.status, reply.body.toString()], [200, BODY])
      await closed
    },
  )

  for (const [what, headers] of Object.entries({
    'a length and chunks': 'content-length: 5\r\ntransfer-encoding: chunked\r\n',
    'two lengths': 'content-length: 5\r\ncontent-length: 6\r\n',
    'chunks twice': 'transfer-encoding: chunked, chunked\r\n',
    'a length that is no number': 'content-length: -5\r\n',
  })) {
    test(`U24: ${what} in one head is a 502`, async () => {
      const { reply } = await odd.answered(
        raw(
          `HTTP/1.1 200 OK\r\n${headers}content-type: application/json\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n`,
        ),
      )
      assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_protocol'])
    })
  }

  test('U25: a broken chunk in a single reply is a 502 and partial', async () => {
    const { reply, trace } = await odd.answered(
      raw(head(200, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }), '5\r\n{"a":\r\nzz\r\n'),
    )
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_protocol'])
    assert.equal(trace.status, 'partial')
  })

  test('U25: trailers are dropped', async () => {
    const { reply } = await odd.answered(
      raw(
        head(200, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }),
        `2\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n`,
      ),
    )
    assert.deepEqual([reply.status, reply.body.toString()], [200, '{}'])
    assert.equal(reply.headers['x-trailer'], undefined)
  })

  for (const [what, bytes] of Object.entries({
    'no HTTP': 'hello\r\n\r\n',
    '3,000 headers': `HTTP/1.1 200 OK\r\n${Array.from({ length: 3_000 }, (_, i) => `x-${i}: ${'v'.repeat(30)}\r\n`).join('')}\r\n`,
  })) {
    test(`U32: ${what} in answer is a 502`, async () => {
      const { reply, trace } = await odd.answered(raw(bytes))
      assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_protocol'])
      assert.equal(trace.status, 'error')
    })
  }

  test('U33: a reply over the limit is a 502 and partial', async () => {
    const { reply, trace } = await odd.answered(single(Buffer.alloc(REPLY_LIMIT + 1, ' ')))
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_too_large'])
    assert.deepEqual([trace.status, trace.reason], ['partial', 'upstream_too_large'])
  })
})
