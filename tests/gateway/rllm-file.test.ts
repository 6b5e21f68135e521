import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const VERSION = single('{"version":"0.24.0"}')

const logprobs = { content: [{ token: 'hi', logprob: -0.5, bytes: [104], top_logprobs: [] }] }
const engineRoot = { prompt_token_ids: [1, 2], prompt_logprobs: null, kv_transfer_params: null }
const engineChoice = { token_ids: [7], stop_reason: null, routing_matrices: ['QUJD'], logprobs }
const message = { role: 'assistant', content: 'hi' }
const envelope = { id: 'c', created: 1, model: 'm' }
const usage = { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 }

const completionOf = (choice: object, root: object): object => ({
  ...envelope,
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
  usage,
  ...root,
})
const chunkOf = (choice: object, root: object): object => ({
  ...envelope,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: message, finish_reason: 'stop', ...choice }],
  ...root,
})

const WHOLE = JSON.stringify(completionOf(engineChoice, { ...engineRoot, weight_version: 9 }))
const EVENTS = [
  `data: ${JSON.stringify(chunkOf(engineChoice, { ...engineRoot, weight_version: 9 }))}\n\n`,
  'data: [DONE]\n\n',
]

describe("a gateway that was started with rLLM's file", () => {
  const scope = createScope()
  let upstream: ScriptedUpstream
  const gateways = new Map<string, RunningGateway>()

  before(async () => {
    upstream = await startUpstream(scope)
    upstream.play((socket, request) => {
      if (request.method === 'GET') return VERSION(socket, request)
      const isStream = request.body.includes('"stream":true')
      return (isStream ? stream(EVENTS) : single(WHOLE))(socket, request)
    })
    const workers = [{ url: `${upstream.url}/v1` }]
    for (const [name, keys] of [
      ['plain', {}],
      ['unstripped', { strip_vllm_fields: false }],
      ['unasked', { add_logprobs: false, add_return_token_ids: false }],
    ] as const) {
      gateways.set(name, await startGateway(scope, { config: { workers, ...keys } }))
    }
  })
  after(() => scope.close())

  /** What a caller gets and what is recorded; a stream as its chunks. */
  async function ask(
    name: string,
    more: object,
  ): Promise<{ readonly got: unknown; readonly trace: Trace; readonly sent: object }> {
    const gateway = gateways.get(name) ?? assert.fail()
    const body = { model: 'm', messages: [{ role: 'user', content: 'q' }], ...more }
    const reply = await post(`${gateway.url}/sessions/s/v1/chat/completions`, body)
    assert.equal(reply.status, 200)
    const sent = JSON.parse(upstream.seen.at(-1)?.body.toString() ?? '') as object
    const trace = (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
    const text = reply.body.toString()
    const got: unknown = text.startsWith('data:')
      ? text
          .split('\n\n')
          .flatMap((event) => (event.startsWith('data: {') ? [JSON.parse(event.slice(6))] : []))
      : JSON.parse(text)
    return { got, trace, sent }
  }

  for (const streamed of [false, true]) {
    const what = streamed ? 'a stream' : 'a single reply'
    const asking = streamed ? { stream: true } : {}
    const shown = (choice: object, root: object): unknown =>
      streamed ? [chunkOf(choice, root)] : completionOf(choice, root)

    test(`asks for ids and logprobs, and shows ${what} without anything of the engine's own`, async () => {
      const { got, trace, sent } = await ask('plain', asking)
      assert.deepEqual(got, shown({}, {}))
      assert.deepEqual(
        { logprobs: true, return_token_ids: true },
        pick(sent, 'logprobs', 'return_token_ids'),
      )
      assert.deepEqual(trace.prompt_token_ids, [1, 2])
      assert.deepEqual(trace.completion_token_ids, [7])
      assert.deepEqual(trace.logprobs, [-0.5])
      assert.deepEqual(trace.routing_matrices, ['QUJD'])
      assert.equal(trace.weight_version, 9)
    })

    test(`shows the logprobs of ${what} to a caller that asked for them`, async () => {
      const { got } = await ask('plain', { ...asking, logprobs: true })
      assert.deepEqual(got, shown({ logprobs }, {}))
    })

    test(`shows all of ${what} with strip_vllm_fields: false`, async () => {
      const { got } = await ask('unstripped', asking)
      assert.deepEqual(got, shown(engineChoice, { ...engineRoot, weight_version: 9 }))
    })
  }

  test('asks for nothing with add_logprobs and add_return_token_ids: false', async () => {
    const { sent } = await ask('unasked', {})
    assert.deepEqual(pick(sent, 'logprobs', 'return_token_ids'), {})
  })
})

function pick(value: object, ...keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)))
}
