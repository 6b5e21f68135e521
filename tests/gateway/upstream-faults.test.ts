import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, send, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  head,
  single,
  startUpstream,
  stream,
  writeChunk,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const EVENTS = [roleEvent(), tokenEvent('one'), tokenEvent(' two')]

/** Hears every byte of a reply; `until` resolves when the text so far ends like this. */
function listen(reply: IncomingMessage): {
  readonly text: string
  until(end: string): Promise<void>
} {
  let text = ''
  const more = new EventEmitter()
  reply.on('data', (bytes: Buffer) => {
    text += bytes.toString()
    more.emit('text')
  })
  return {
    get text() {
      return text
    },
    async until(end) {
      while (!text.endsWith(end)) await once(more, 'text')
    },
  }
}

describe('faults of an upstream', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic', name: 'faulty' }],
        timeouts: { headers_ms: 400, idle_ms: 400, connect_ms: 400 },
      },
    })
  })
  after(() => scope.close())

  async function faulted(
    script: Script,
    streamed: boolean,
  ): Promise<{ reply: RawReply; trace: Trace; response: Buffer; delivered: Buffer }> {
    const before = upstream.seen.length
    upstream.play(script)
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(streamed))
    assert.equal(upstream.seen.length - before, 1, 'the call was sent exactly once')
    const id = String(reply.headers['x-trace-id'])
    const trace = (await gateway.json(`/traces/${id}`)) as Trace
    const raw = async (what: string): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${gateway.url}/traces/${id}/raw/${what}`)).arrayBuffer())
    const found = {
      reply,
      trace,
      response: await raw('response'),
      delivered: await raw('delivered'),
    }
    upstream.play(single(completion('well')))
    assert.equal(
      (await post(`${gateway.url}/v1/chat/completions`, chat(false))).status,
      200,
      'the next call succeeds',
    )
    return found
  }

  function errorCode(reply: RawReply): string {
    return (JSON.parse(reply.body.toString()) as { error: { code: string } }).error.code
  }

  /** What a cut stream must look like: the events that came, an error event, no terminator, no clean end. */
  function assertCut(reply: RawReply, events: readonly string[], code: string): void {
    assert.equal(reply.complete, false, 'the connection was cut')
    const text = reply.body.toString()
    assert.ok(text.startsWith(events.join('')), 'the events that came were passed on')
    const rest = text.slice(events.join('').length)
    assert.match(rest, /^data: \{"error":\{/)
    assert.match(rest, new RegExp(`"code":"${code}"`))
    assert.doesNotMatch(text, /\[DONE\]/)
  }

  test('U1: a refused connection is a 502 and its trace says so', async () => {
    const other = await startGateway(scope, {
      config: { upstreams: [{ url: 'http://127.0.0.1:1', kind: 'generic' }] },
    })
    const reply = await post(`${other.url}/v1/chat/completions`, chat(false))
    assert.equal(reply.status, 502)
    assert.equal(errorCode(reply), 'upstream_unreachable')
    const trace = (await other.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
    assert.equal(trace.status, 'error')
    assert.equal(trace.reason, 'upstream_unreachable')
    await other.stop()
  })

  test('U1: what one upstream refused is answered by the next', async () => {
    upstream.play(single(completion('here')))
    const other = await startGateway(scope, {
      config: {
        upstreams: [
          { url: 'http://127.0.0.1:1', kind: 'generic' },
          { url: upstream.url, kind: 'generic' },
        ],
      },
    })
    const reply = await post(`${other.url}/v1/chat/completions`, chat(false))
    assert.equal(reply.status, 200)
    const trace = (await other.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
    assert.deepEqual(
      trace.attempts.map(({ error, status }) => [error, status]),
      [
        ['upstream_unreachable', null],
        [null, 200],
      ],
    )
    await other.stop()
  })

  test('U4: a reset before any answer is a 502 and is never sent again', async () => {
    const { reply, trace } = await faulted((socket) => socket.resetAndDestroy(), false)
    assert.equal(reply.status, 502)
    assert.equal(errorCode(reply), 'upstream_reset')
    assert.equal(trace.status, 'error')
    assert.equal(trace.reason, 'upstream_reset')
  })

  test('U6: a stall before the head is a 504 and closes the upstream socket', async () => {
    let closed: Promise<void> | undefined
    const { reply, trace } = await faulted((_socket, request) => (closed = request.closed), false)
    assert.equal(reply.status, 504)
    assert.equal(errorCode(reply), 'upstream_timeout')
    assert.equal(trace.reason, 'upstream_timeout')
    await closed
  })

  test('U7: a stall in the middle of a JSON body is a 502, never a short 200; the bytes are kept', async () => {
    const body = completion('long')
    const { reply, trace, response } = await faulted((socket) => {
      socket.write(
        head(200, { 'content-type': 'application/json', 'content-length': String(body.length) }),
      )
      socket.write(body.slice(0, 60))
    }, false)
    assert.equal(reply.status, 502)
    assert.equal(errorCode(reply), 'upstream_stalled')
    assert.equal(trace.status, 'partial')
    assert.equal(response.toString(), body.slice(0, 60))
  })

  test('U8: a stall in the middle of a stream ends it with an error event and a cut', async () => {
    const { reply, trace, response } = await faulted(stream(EVENTS, { end: 'stall' }), true)
    assertCut(reply, EVENTS, 'upstream_stalled')
    assert.equal(trace.status, 'partial')
    assert.equal(trace.reason, 'upstream_stalled')
    assert.equal(response.toString(), EVENTS.join(''))
    assert.equal(trace.response_message['content'], 'one two')
  })

  test('U9: a reset in the middle of a stream ends it with an error event and a cut', async () => {
    const { reply, trace, response } = await faulted(stream(EVENTS, { end: 'rst' }), true)
    assertCut(
      reply,
      response
        .toString()
        .split(/(?<=\n\n)/)
        .filter(Boolean),
      'upstream_reset',
    )
    assert.equal(trace.status, 'partial')
    assert.equal(trace.reason, 'upstream_reset')
  })

  test('U10: a clean close without the terminator is partial and looks cut to the caller', async () => {
    const { reply, trace, delivered } = await faulted(stream(EVENTS, { end: 'clean' }), true)
    assertCut(reply, EVENTS, 'upstream_reset')
    assert.equal(trace.status, 'partial')
    assert.equal(trace.reason, 'no_terminator')
    assert.equal(delivered.toString(), EVENTS.join(''))
  })

  test('U11: half an event is kept in the record and never shown as an event', async () => {
    const { reply, trace, response, delivered } = await faulted(
      stream([...EVENTS, 'data: {"cho'], { end: 'clean' }),
      true,
    )
    assertCut(reply, EVENTS, 'upstream_reset')
    assert.equal(trace.status, 'partial')
    assert.equal(response.toString(), `${EVENTS.join('')}data: {"cho`)
    assert.equal(delivered.toString(), EVENTS.join(''))
  })

  test('U16: garbage with status 200 passes unchanged and is labelled', async () => {
    const { reply, trace } = await faulted(single('{{{'), false)
    assert.equal(reply.status, 200)
    assert.equal(reply.body.toString(), '{{{')
    assert.deepEqual([trace.status, trace.reason], ['complete', 'parse_error'])
  })

  test('U17: an HTML error page keeps status, body and content type', async () => {
    const page = '<html><body>Bad gateway</body></html>'
    const { reply, trace } = await faulted(
      single(page, { status: 502, headers: { 'content-type': 'text/html' } }),
      true,
    )
    assert.equal(reply.status, 502)
    assert.equal(reply.headers['content-type'], 'text/html')
    assert.equal(reply.body.toString(), page)
    assert.deepEqual([trace.status, trace.reason], ['error', 'upstream_status_502'])
  })

  test('U18: an empty 200 passes through', async () => {
    const { reply, trace } = await faulted(single(''), false)
    assert.deepEqual([reply.status, reply.body.length], [200, 0])
    assert.deepEqual([trace.status, trace.reason], ['complete', 'empty_body'])
  })

  test('U27: a redirect is never followed', async () => {
    const { reply } = await faulted(
      single('', { status: 307, headers: { location: `${upstream.url}/elsewhere` } }),
      false,
    )
    assert.equal(reply.status, 502)
    assert.equal(errorCode(reply), 'upstream_redirect')
  })

  test('U28: a 429 keeps its status and Retry-After', async () => {
    const { reply } = await faulted(
      single('{"error":{"message":"slow down"}}', { status: 429, headers: { 'retry-after': '2' } }),
      false,
    )
    assert.equal(reply.status, 429)
    assert.equal(reply.headers['retry-after'], '2')
  })

  test('U38: a finished stream that ends without the terminator is complete, and no terminator is made up', async () => {
    const events = [...EVENTS, tokenEvent('.', { finish: 'stop' })]
    const { reply, trace } = await faulted(stream(events), true)
    assert.equal(reply.complete, true)
    assert.equal(reply.body.toString(), events.join(''))
    assert.deepEqual([trace.status, trace.reason], ['complete', 'terminator_missing'])
  })

  for (const end of ['stall', 'rst'] as const) {
    test(`after the terminator a ${end} of the connection changes nothing`, async () => {
      const events = [...EVENTS, tokenEvent('.', { finish: 'stop' }), DONE]
      let closed: Promise<void> | undefined
      const { reply, trace } = await faulted((socket, request) => {
        closed = request.closed
        return stream(events, { end })(socket, request)
      }, true)
      assert.equal(reply.complete, true)
      assert.equal(reply.body.toString(), events.join(''))
      assert.deepEqual([trace.status, trace.reason], ['complete', null])
      await closed
    })
  }

  test('a usage chunk that comes late is saved with a second commit, and the finish is not held for it', async () => {
    const finish = tokenEvent('.', { finish: 'stop' })
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    upstream.play(async (socket) => {
      await stream([...EVENTS, finish], { end: 'stall' })(socket, undefined as never)
      await released
      await writeChunk(socket, Buffer.from(DONE))
      socket.write('0\r\n\r\n')
    })
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat(true)),
    })
    const path = `/traces/${reply.headers.get('x-trace-id')}`
    let text = ''
    for await (const part of reply.body ?? []) {
      text += Buffer.from(part as Uint8Array).toString()
      if (!text.endsWith(finish)) continue
      assert.equal(
        ((await gateway.json(path)) as Trace).finish_reason,
        'stop',
        'the trace is there when the finish is',
      )
      release()
    }
    assert.ok(text.endsWith(DONE))
    assert.equal(((await gateway.json(path)) as Trace).status, 'complete')
  })

  for (const end of ['keeps its connection', 'resets it'] as const) {
    test(`a terminator that comes late reaches the caller when the upstream then ${end}`, async () => {
      const finish = tokenEvent('.', { finish: 'stop' })
      let late = (): void => {}
      upstream.play(async (socket) => {
        await stream([...EVENTS, finish], { end: 'stall' })(socket, undefined as never)
        late = () => {
          const sent = writeChunk(socket, Buffer.from(DONE))
          if (end === 'resets it') void sent.then(() => socket.resetAndDestroy())
        }
      })
      const body = Buffer.from(JSON.stringify(chat(true)))
      const head = await send(`${gateway.url}/v1/chat/completions`, body)
      const told = listen(head)
      await told.until(finish)
      late()
      await once(head, 'end')
      assert.equal(told.text, [...EVENTS, finish, DONE].join(''))
      const trace = (await gateway.json(`/traces/${String(head.headers['x-trace-id'])}`)) as Trace
      assert.deepEqual([trace.status, trace.reason], ['complete', null])
    })
  }

  for (const end of ['the upstream resets', 'the caller leaves'] as const) {
    test(`an answer whose finish was committed and delivered stays complete when ${end}`, async () => {
      const finish = tokenEvent('.', { finish: 'stop' })
      let reset = (): void => {}
      upstream.play(async (socket) => {
        await stream([...EVENTS, finish], { end: 'stall' })(socket, undefined as never)
        reset = () => void socket.resetAndDestroy()
      })
      const arrived = upstream.next()
      const head = await send(
        `${gateway.url}/v1/chat/completions`,
        Buffer.from(JSON.stringify(chat(true))),
      )
      const { closed } = await arrived
      await listen(head).until(finish)
      if (end === 'the caller leaves') head.destroy()
      else reset()
      await closed
      const trace = await whenWarned(String(head.headers['x-trace-id']))
      assert.deepEqual([trace.status, trace.reason], ['complete', 'terminator_missing'])
    })
  }

  /** The trace, once what happened after its finish was noted in it. */
  async function whenWarned(id: string): Promise<Trace> {
    for (;;) {
      const trace = (await gateway.json(`/traces/${id}`)) as Trace
      if (trace.status !== 'complete' || trace.warnings.length > 0) return trace
    }
  }
})
