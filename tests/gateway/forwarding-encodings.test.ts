import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { createScope } from '../support/scope.ts'
import { single, stream } from '../support/scripted-upstream.ts'
import { BODY, codeOf, REPLY_LIMIT, startOdd, type OddGateway } from './odd-replies.ts'

describe('compressed replies on their way to the caller', () => {
  const scope = createScope()
  let odd: OddGateway
  before(async () => void (odd = await startOdd(scope)))
  after(() => scope.close())

  for (const [encoding, bytes] of Object.entries({
    gzip: gzipSync(BODY),
    deflate: deflateSync(BODY),
    br: brotliCompressSync(BODY),
    zstd: zstdCompressSync(BODY),
  })) {
    test(`a ${encoding} reply that nobody asked for is understood and passed on inflated`, async () => {
      const { reply, trace } = await odd.answered(
        single(bytes, { headers: { 'content-encoding': encoding } }),
      )
      assert.equal(reply.body.toString(), BODY)
      assert.equal(reply.headers['content-encoding'], undefined)
      assert.equal(reply.headers['content-length'], String(BODY.length))
      assert.equal(trace.response_message['content'], 'well')
    })
  }

  test('a stream of gzip is a stream', async () => {
    const events = [roleEvent(), tokenEvent('one'), tokenEvent('', { finish: 'stop' }), DONE]
    const bytes = gzipSync(events.join(''))
    const pieces = [bytes.subarray(0, 30), bytes.subarray(30)]
    const { reply, trace } = await odd.answered(
      stream(pieces, { headers: { 'content-encoding': 'gzip' } }),
      true,
    )
    assert.equal(reply.body.toString(), events.join(''))
    assert.equal(trace.status, 'complete')
  })

  test('U19: a gzip that is cut is a 502 and partial', async () => {
    const { reply, trace } = await odd.answered(
      single(gzipSync(BODY).subarray(0, -8), { headers: { 'content-encoding': 'gzip' } }),
    )
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_reset'])
    assert.equal(trace.status, 'partial')
  })

  test('U20: a gzip that inflates beyond the limit is a 502', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * REPLY_LIMIT))
    const { reply, trace } = await odd.answered(
      single(bomb, { headers: { 'content-encoding': 'gzip' } }),
    )
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_too_large'])
    assert.equal(trace.status, 'partial')
  })

  for (const encoding of [
    'gzip, gzip',
    Array.from({ length: 1000 }, () => 'gzip').join(', '),
    'compress',
  ]) {
    test(
      `U21: the encoding ${encoding.slice(0, 12)} is refused, and its connection given up`,
      { timeout: 10_000 },
      async () => {
        let closed: Promise<void> | undefined
        const { reply } = await odd.answered((socket, request) => {
          closed = request.closed
          return single(gzipSync(gzipSync(BODY)), {
            headers: { 'content-encoding': encoding, 'content-length': '5000000' },
          })(socket, request)
        })
        assert.deepEqual([reply.status, codeOf(reply)], [502, 'upstream_protocol'])
        await closed
      },
    )
  }
})
