import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  head,
  single,
  startUpstream,
  stream,
  writeChunk,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

describe('faults of a caller', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream
  let sessions = 0

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic', name: 'up' }],
        timeouts: { client_stall_ms: 400 },
      },
    })
  })
  after(() => scope.close())

  /** Opens a raw connection, sends one call in a session of its own and gives both. */
  async function open(streamed: boolean): Promise<{ socket: Socket; session: string }> {
    const session = `caller-${(sessions += 1)}`
    const socket = connect(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    const body = JSON.stringify(chat(streamed))
    socket.write(
      `POST /sessions/${session}/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    return { socket, session }
  }

  /** The session's only trace, once the gateway has written it; asks again until it is there. */
  async function settled(session: string): Promise<Trace> {
    for (;;) {
      const [trace] = (await gateway.json(`/sessions/${session}/traces`)) as Trace[]
      if (trace) return trace
    }
  }

  async function until(socket: Socket, text: string): Promise<string> {
    let seen = ''
    while (!seen.includes(text)) seen += String((await once(socket, 'data'))[0])
    return seen
  }

  test('C1: a caller that leaves in the middle of its body causes no upstream call', async () => {
    const before = upstream.seen.length
    const socket = connect(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"model":',
    )
    socket.resetAndDestroy()
    upstream.play(single(completion('well')))
    await post(`${gateway.url}/v1/chat/completions`, chat(false))
    assert.equal(upstream.seen.length, before + 1)
  })

  for (const how of ['reset', 'closed'] as const) {
    test(`C2: a connection that is ${how} while the upstream thinks aborts the upstream; the trace is kept`, async () => {
      upstream.play(() => {})
      const arrived = upstream.next()
      const { socket, session } = await open(false)
      const request = await arrived
      if (how === 'reset') socket.resetAndDestroy()
      else socket.destroy()
      await request.closed
      const trace = await settled(session)
      assert.deepEqual([trace.status, trace.reason], ['partial', 'client_closed'])
    })

    test(`C3: a connection that is ${how} in the middle of a stream aborts the upstream; what came is kept`, async () => {
      const events = [roleEvent(), tokenEvent('one'), tokenEvent(' two')]
      upstream.play(stream(events, { end: 'stall' }))
      const arrived = upstream.next()
      const { socket, session } = await open(true)
      const request = await arrived
      await until(socket, ' two')
      if (how === 'reset') socket.resetAndDestroy()
      else socket.destroy()
      await request.closed
      const trace = await settled(session)
      assert.deepEqual([trace.status, trace.reason], ['partial', 'client_closed'])
      assert.equal(trace.response_message['content'], 'one two')
    })
  }

  test('C5: a caller that closes only its sending half gets its whole answer', async () => {
    let answer = (): void => {}
    upstream.play((socket) => {
      answer = () => {
        socket.write(
          head(200, {
            'content-type': 'application/json',
            'content-length': String(completion('all').length),
          }),
        )
        socket.write(completion('all'))
      }
    })
    const arrived = upstream.next()
    const { socket, session } = await open(false)
    await arrived
    socket.end()
    // The interim responses show that the gateway has noticed and is asking whether we are there.
    await until(socket, '102 Processing')
    answer()
    assert.match(await until(socket, completion('all')), /HTTP\/1\.1 200/)
    assert.equal((await settled(session)).status, 'complete')
  })

  test('C6: a caller that stops reading holds the upstream back, and is cut at its deadline', async () => {
    const big = tokenEvent('x'.repeat(60_000))
    let written = 0
    upstream.play(async (socket) => {
      socket.write(
        head(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' }),
      )
      for (let i = 0; i < 2_000 && !socket.destroyed; i += 1) {
        await writeChunk(socket, Buffer.from(big))
        written += big.length
      }
    })
    const arrived = upstream.next()
    const { socket, session } = await open(true)
    socket.pause()
    const request = await arrived
    await request.closed
    assert.ok(
      written < 40_000_000,
      `the upstream was held back, it wrote ${written} bytes of 120 MB`,
    )
    const trace = await settled(session)
    assert.deepEqual([trace.status, trace.reason], ['partial', 'client_stalled'])
    socket.destroy()
  })

  test('a caller that reads slowly gets every byte', async () => {
    const events = [
      roleEvent(),
      ...Array.from({ length: 200 }, (_, i) => tokenEvent(`${i} `.repeat(500))),
      tokenEvent('', { finish: 'stop' }),
      DONE,
    ]
    upstream.play(stream(events))
    const { socket } = await open(true)
    const expected = Buffer.byteLength(events.join(''))
    let body = 0
    while (body < expected) {
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      body += bytes.length
      socket.pause()
      await new Promise(setImmediate)
      socket.resume()
    }
    socket.destroy()
  })
})
