import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { completion, DONE } from '../support/events.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { head, single, stream, type Script } from '../support/scripted-upstream.ts'
import {
  assertParts,
  event,
  finish,
  said,
  startEdge,
  testEdgeRows,
  type EdgeGateway,
  type EdgeRow,
} from './edge-rows.ts'

/** The shapes in which servers say what is wrong (OpenAI and vLLM, SGLang, FastAPI, vLLM's 401). */
const ERROR_BODIES: Readonly<Record<string, string>> = {
  nested: '{"error":{"message":"bad return_token_ids","type":"x","param":null,"code":400}}',
  flat: '{"object":"error","message":"bad return_token_ids","type":"BadRequestError","code":400}',
  'a string': '{"error":"bad return_token_ids"}',
  'a detail': '{"detail":"bad return_token_ids"}',
  'a list of details': '{"detail":[{"loc":["body","return_token_ids"],"msg":"bad","type":"x"}]}',
  'no JSON': 'bad return_token_ids',
}

const rows: readonly EdgeRow[] = [
  {
    name: 'row 65: of a key that comes twice the last one counts, and unknown keys pass',
    kind: 'generic',
    body: '{"x":{"y":[1]},"model":"a","model":"b","choices":[{"index":0,"message":{"role":"assistant","content":"no","content":"yes"},"finish_reason":"stop"}]}',
    trace: {
      response_model: 'b',
      response_message: { role: 'assistant', content: 'yes' },
      extra: { reply: { x: { y: [1] } } },
    },
  },
  {
    name: 'row 65: a hidden key that comes twice is hidden twice',
    kind: 'vllm',
    body: '{"choices":[{"index":0,"token_ids":[1],"message":{"role":"assistant","content":"a"},"token_ids":[2],"finish_reason":"stop"}],"prompt_token_ids":[3],"prompt_token_ids":[4]}',
    caller:
      '{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}',
    trace: { prompt_token_ids: [4], completion_token_ids: [2] },
  },
  ...Object.entries(ERROR_BODIES).map(([shape, body]) => ({
    name: `row 66: an error body that is ${shape} keeps its status and its bytes`,
    kind: 'generic' as const,
    body,
    status: 400,
    trace: { status: 'error', reason: 'upstream_status_400', http_status: 400 } as const,
  })),
  {
    name: 'row 67: an error body with status 200 is an error on record and the same to the caller',
    kind: 'generic',
    body: '{"error":{"message":"no","type":"x","param":null,"code":500}}',
    trace: { status: 'error', reason: 'upstream_error_body', http_status: 200 },
  },
  {
    name: 'row 67: half a JSON with status 200 is passed on and labelled',
    kind: 'vllm',
    body: completion('long').slice(0, 90),
    trace: { reason: 'parse_error', response_message: {} },
  },
  {
    name: 'row 68: a single body in answer to a stream is read as the body it is',
    kind: 'vllm',
    ask: { stream: true },
    body: completion('whole'),
    trace: {
      status: 'complete',
      streaming: true,
      response_message: { role: 'assistant', content: 'whole' },
    },
  },
  {
    name: 'row 68: a stream in answer to a single call is read as the stream it is',
    kind: 'vllm',
    ask: { stream: false },
    events: [event(said('one')), event(said(' two')), event(finish()), DONE],
    trace: {
      status: 'complete',
      streaming: false,
      response_message: { role: 'assistant', content: 'one two' },
    },
  },
]

testEdgeRows('edge cases of replies that are no plain answer, through the gateway', rows)

describe('edge cases that take more than one exchange', () => {
  const scope = createScope()
  let edge: EdgeGateway
  before(async () => void (edge = await startEdge(scope)))
  after(() => scope.close())

  for (const [shape, body] of Object.entries(ERROR_BODIES)) {
    test(`row 66: a refusal that is ${shape} is understood, and the call made without the field`, async () => {
      const { gateway, upstream } = edge
      upstream.play(single(body, { status: 400 }), single(completion('well')))
      const before = upstream.seen.length
      // What is refused is remembered by model, so each shape has to be learned with its own.
      const session = `refused as ${shape}`
      const url = `${gateway.url}/sessions/${encodeURIComponent(session)}`
      const reply = await post(`${url}/v1/chat/completions`, { model: session, messages: [] })
      assert.deepEqual([reply.status, reply.body.toString()], [200, completion('well')])
      const asked = upstream.seen.slice(before).map(({ body: sent }) => {
        return (JSON.parse(sent.toString()) as JsonObject)['return_token_ids']
      })
      assert.deepEqual(asked, [true, undefined])
      const [trace] = (await (await fetch(`${url}/traces`)).json()) as Trace[]
      assert.equal(trace?.status, 'complete')
    })
  }

  test('row 66: of an endless refusal the beginning is enough', { timeout: 4_000 }, async () => {
    const { gateway, upstream } = edge
    let closed: Promise<void> | undefined
    const endless: Script = (socket, seen) => {
      closed = seen.closed
      socket.write(head(400, { 'content-type': 'text/plain', 'content-length': '9000000' }))
      socket.write(`no return_token_ids here ${' '.repeat(1_100_000)}`)
    }
    upstream.play(endless, single(completion('well')))
    const ask = { model: 'endless', messages: [] }
    const reply = await post(`${gateway.url}/v1/chat/completions`, ask)
    assert.deepEqual([reply.status, reply.body.toString()], [200, completion('well')])
    await closed
  })

  test('row 69: what a caller had received when it left is on record, and the server is told', async () => {
    const { gateway, upstream } = edge
    upstream.play(stream([event(said('one')), event(said(' two'))], { end: 'stall' }))
    const arrived = upstream.next()
    const call = request(`${gateway.url}/sessions/left/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    call.on('error', () => {})
    call.end(JSON.stringify({ model: 'vllm', messages: [], stream: true }))
    const [reply] = await once(call, 'response')
    let seen = ''
    for await (const part of reply as AsyncIterable<Buffer>) {
      seen += part.toString()
      if (seen.includes(' two')) break // Which closes the connection.
    }
    await (
      await arrived
    ).closed
    let traces: Trace[] = []
    while (traces.length === 0) {
      traces = (await gateway.json('/sessions/left/traces')) as Trace[]
    }
    assertParts(traces[0] as Trace, {
      status: 'partial',
      reason: 'client_closed',
      response_message: { role: 'assistant', content: 'one two' },
    })
  })

  test('row 73: two calls with one request id are two traces that both name it', async () => {
    const headers = { 'x-request-id': 'again' }
    const options = { path: '/sessions/again/v1/chat/completions', headers }
    const first = await edge.play('generic', single(completion('a')), {}, options)
    const second = await edge.play('generic', single(completion('b')), {}, options)
    assert.notEqual(first.trace.trace_id, second.trace.trace_id)
    assertParts(first.trace, { request_id: 'again', seq: 1 })
    assertParts(second.trace, { request_id: 'again', seq: 2 })
    assert.equal(second.reply.headers['x-request-id'], 'again')
    assert.equal(second.sent.headers['x-request-id'], 'again')
  })

  test('row 33: an error before the first token, told in the stream, is an error', async () => {
    const error = '{"error": {"message": "no", "type": "x", "param": null, "code": 500}}'
    const events = [`data: ${error}\n\n`, DONE]
    const { reply, trace } = await edge.play('vllm', stream(events), { stream: true })
    assert.equal(reply.body.toString(), events.join(''))
    assertParts(trace, { status: 'error', choices: [] })
  })

  test('row 67: a reply of less than its declared length is a 502, never a short success', async () => {
    const body = completion('long')
    const { reply, trace, raw } = await edge.play(
      'vllm',
      (socket) => {
        socket.write(
          head(200, { 'content-type': 'application/json', 'content-length': String(body.length) }),
        )
        socket.end(body.slice(0, 60))
      },
      {},
    )
    assert.equal(reply.status, 502)
    assertParts(trace, { status: 'partial', reason: 'upstream_reset' })
    assert.equal((await raw('response')).toString(), body.slice(0, 60))
  })
})
