import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import OpenAI, { APIError, BadRequestError, InternalServerError, NotFoundError } from 'openai'
import { buildProxiedBaseUrl } from 'sluice/client'
import type { Trace } from 'sluice/plugin'
import { completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { startStand, type Stand } from './stand.ts'

const ASK = {
  model: 'sluice-sim',
  messages: [{ role: 'user' as const, content: 'Hi' }],
}

describe('what the openai client makes of calls that go wrong', () => {
  const scope = createScope()
  let stand: Stand
  before(async () => (stand = await startStand(scope)))
  after(() => scope.close())

  const clientOf = (session: string, faults: Record<string, string> = {}): OpenAI =>
    new OpenAI({
      baseURL: stand.through(session),
      apiKey: 'EMPTY',
      maxRetries: 0,
      defaultHeaders: faults,
    })

  const tracesOf = async (session: string): Promise<Trace[]> =>
    (await stand.gateway.json(`/sessions/${session}/traces`)) as Trace[]

  /** Asks until there is one: the client leaves before the call has ended for the gateway. */
  async function settled(session: string): Promise<Trace[]> {
    for (;;) {
      const traces = await tracesOf(session)
      if (traces.length > 0) return traces
    }
  }

  test('a refusal of the engine is a BadRequestError with the words of the engine', async () => {
    const ask = clientOf('bad').chat.completions.create({ ...ASK, messages: [] })
    await assert.rejects(ask, (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.match(error.message, /messages must not be empty/)
      return true
    })
    const [trace] = await tracesOf('bad')
    assert.deepEqual([trace?.status, trace?.http_status], ['error', 400])
  })

  test('a refusal of the gateway is a BadRequestError that names the defect and its code', async () => {
    const client = new OpenAI({ baseURL: `${stand.gateway.url}/meta/rllm1:!/v1`, apiKey: 'EMPTY' })
    await assert.rejects(client.chat.completions.create(ASK), {
      name: 'Error',
      constructor: BadRequestError,
      code: 'bad_slug',
      type: 'invalid_request_error',
      message: /"!" at 6 is not base64url/,
    })
  })

  test('a model that nobody serves is a NotFoundError', async () => {
    const ask = { ...ASK, model: 'no-such-model' }
    await assert.rejects(clientOf('unknown').chat.completions.create(ask), NotFoundError)
  })

  test('an error in the middle of a stream is an APIError after what came before it', async () => {
    const client = clientOf('broken', { 'x-sim-fault': 'error-event-after:4' })
    const stream = await client.chat.completions.create({
      ...ASK,
      stream: true,
    })
    let seen = ''
    const read = async (): Promise<void> => {
      for await (const chunk of stream) seen += chunk.choices[0]?.delta.content ?? ''
    }
    await assert.rejects(read(), APIError)
    assert.notEqual(seen, '')
    const [trace] = await settled('broken')
    assert.deepEqual([trace?.status, trace?.http_status], ['error', 200])
    assert.equal(trace?.response_message['content'], seen)
  })

  test('a stream that breaks off is an error to the client and a partial trace', async () => {
    const client = clientOf('cut', { 'x-sim-fault': 'reset-after:4' })
    const stream = await client.chat.completions.create({
      ...ASK,
      stream: true,
    })
    await assert.rejects(Array.fromAsync(stream), APIError)
    const [trace] = await tracesOf('cut')
    assert.deepEqual([trace?.status, trace?.reason], ['partial', 'upstream_reset'])
  })

  test('a stream that the client aborts is a partial trace of what came until then', async () => {
    const client = clientOf('left', { 'x-sim-tps': '200' })
    const stream = await client.chat.completions.create({
      ...ASK,
      stream: true,
    })
    let seen = ''
    for await (const chunk of stream) {
      seen += chunk.choices[0]?.delta.content ?? ''
      if (seen.length > 20) stream.controller.abort()
    }
    const [trace] = await settled('left')
    assert.deepEqual([trace?.status, trace?.reason], ['partial', 'client_closed'])
    const { content } = (trace?.response_message ?? {}) as { content?: string }
    assert.ok(content?.startsWith(seen))
    assert.ok((trace?.completion_token_ids.length ?? 0) > 0)
    assert.equal(trace?.checks.logprobs_aligned, true)
  })
})

describe('what the openai client sends again', () => {
  const scope = createScope()
  let upstream: ScriptedUpstream
  let gateway: RunningGateway
  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: { upstreams: [{ url: upstream.url, kind: 'generic', name: 'up' }] },
    })
  })
  after(() => scope.close())

  const busy = single('{"error":{"message":"busy","type":"server_error"}}', {
    status: 503,
    headers: { 'retry-after-ms': '1' },
  })

  test('is another turn that says which retry it is', async () => {
    upstream.play(busy, busy, single(completion('at last')))
    const client = new OpenAI({
      baseURL: buildProxiedBaseUrl(gateway.url, { session_name: 'retried' }),
      apiKey: 'EMPTY',
      maxRetries: 2,
    })
    const reply = await client.chat.completions.create(ASK)
    assert.equal(reply.choices[0]?.message.content, 'at last')
    const traces = (await gateway.json('/sessions/retried/traces')) as Trace[]
    assert.deepEqual(
      traces.map(({ seq, status, http_status, client_retry }) => [
        seq,
        status,
        http_status,
        client_retry,
      ]),
      [
        [1, 'error', 503, 0],
        [2, 'error', 503, 1],
        [3, 'complete', 200, 2],
      ],
    )
  })

  test('is given up with the error of the last try', async () => {
    upstream.play(busy)
    const client = new OpenAI({
      baseURL: `${gateway.url}/sessions/given-up/v1`,
      apiKey: 'EMPTY',
      maxRetries: 1,
    })
    await assert.rejects(client.chat.completions.create(ASK), InternalServerError)
    const traces = (await gateway.json('/sessions/given-up/traces')) as Trace[]
    assert.deepEqual(
      traces.map(({ client_retry }) => client_retry),
      [0, 1],
    )
  })
})
