import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import OpenAI from 'openai'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources'
import { createScope } from '../support/scope.ts'
import { extendsLastTurn, lasting, startStand, type Stand } from './stand.ts'

const MODEL = 'sluice-sim'
const HI = [{ role: 'user' as const, content: 'What does a sluice box do?' }]
const WEATHER: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

describe('the openai client with only its base URL changed', () => {
  const scope = createScope()
  let stand: Stand
  before(async () => (stand = await startStand(scope)))
  after(() => scope.close())

  const clientOf = (baseURL: string): OpenAI => new OpenAI({ baseURL, apiKey: 'EMPTY' })

  /** The same use of a client at the gateway and straight at the simulator; both must see the same. */
  async function alike<T>(session: string, use: (client: OpenAI) => Promise<T>): Promise<T> {
    const through = await use(clientOf(stand.through(session)))
    assert.deepEqual(lasting(through), lasting(await use(clientOf(stand.direct))))
    return through
  }

  test('a chat is what the simulator says, and its trace is exact', async () => {
    const reply = await alike('chat', (client) =>
      client.chat.completions.create({ model: MODEL, messages: HI }),
    )
    const [trace, ...more] = await stand.exactTraces('chat')
    assert.equal(more.length, 0)
    assert.equal(trace?.response_message['content'], reply.choices[0]?.message.content)
    assert.deepEqual(trace?.raw_request, { model: MODEL, messages: HI })
    assert.equal(trace?.upstream?.simulated, true)
    assert.match(reply.system_fingerprint ?? '', /^sluice-simulator/)
    assert.equal(trace?.client_retry, 0)
  })

  test('a streamed chat has the chunks of the simulator and none more', async () => {
    const chunks = await alike('stream', async (client) =>
      Array.fromAsync(
        await client.chat.completions.create({ model: MODEL, messages: HI, stream: true }),
      ),
    )
    assert.ok(chunks.length > 10)
    const [trace] = await stand.exactTraces('stream')
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    assert.equal(trace?.response_message['content'], text)
  })

  test('a streamed chat whose caller wants usage gets it', async () => {
    const chunks = await alike('usage', async (client) =>
      Array.fromAsync(
        await client.chat.completions.create({
          model: MODEL,
          messages: HI,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    )
    const [trace] = await stand.exactTraces('usage')
    assert.deepEqual(chunks.at(-1)?.usage, trace?.usage)
  })

  test('a completion is what the simulator says, and its trace is exact', async () => {
    const reply = await alike('completion', (client) =>
      client.completions.create({ model: MODEL, prompt: 'Once upon a time' }),
    )
    const [trace] = await stand.exactTraces('completion')
    assert.equal(trace?.response_message['content'], reply.choices[0]?.text)
  })

  test('a streamed completion has the chunks of the simulator and none more', async () => {
    const chunks = await alike('completion-stream', async (client) =>
      Array.fromAsync(
        await client.completions.create({ model: MODEL, prompt: 'Once upon a time', stream: true }),
      ),
    )
    const [trace] = await stand.exactTraces('completion-stream')
    const text = chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')
    assert.equal(trace?.response_message['content'], text)
  })

  test('each of n answers is kept with its own tokens', async () => {
    const ask = { model: MODEL, messages: HI, n: 2, temperature: 1 }
    await alike('n', (client) => client.chat.completions.create(ask))
    await alike('n', async (client) =>
      Array.fromAsync(await client.chat.completions.create({ ...ask, stream: true })),
    )
    const traces = await stand.exactTraces('n')
    assert.deepEqual(
      traces.map(({ choices }) => choices.map(({ index }) => index)),
      [
        [0, 1],
        [0, 1],
      ],
    )
  })

  test('logprobs that the caller asked for are its own, as many as it asked for', async () => {
    const ask = { model: MODEL, messages: HI, logprobs: true, top_logprobs: 2 }
    const reply = await alike('logprobs', (client) => client.chat.completions.create(ask))
    await alike('logprobs', async (client) =>
      Array.fromAsync(await client.chat.completions.create({ ...ask, stream: true })),
    )
    const [trace] = await stand.exactTraces('logprobs')
    const entries = reply.choices[0]?.logprobs?.content ?? []
    assert.deepEqual(
      entries.map(({ logprob }) => logprob),
      trace?.logprobs,
    )
    assert.ok(entries.every(({ top_logprobs }) => top_logprobs.length >= 2))
  })

  for (const stream of [false, true]) {
    test(`tools over three turns${stream ? ', streamed,' : ''} extend each other token by token`, async () => {
      const session = `tools-${stream}`
      const talk = async (client: OpenAI): Promise<ChatCompletionMessageParam[]> => {
        const messages: ChatCompletionMessageParam[] = [
          { role: 'user', content: 'Use get_weather for Tokyo.' },
        ]
        for (let turn = 0; turn < 3; turn += 1) {
          const ask = { model: MODEL, messages, tools: [WEATHER] }
          const { message } = stream
            ? await client.chat.completions
                .stream(ask)
                .finalMessage()
                .then((message) => ({ message }))
            : ((await client.chat.completions.create(ask)).choices[0] ?? assert.fail('no choice'))
          messages.push(message)
          for (const call of message.tool_calls ?? []) {
            messages.push({ role: 'tool', tool_call_id: call.id, content: 'sunny, 21 °C' })
          }
          if (!message.tool_calls?.length) messages.push({ role: 'user', content: 'And then?' })
        }
        return messages
      }
      const said = await talk(clientOf(stand.through(session)))
      assert.deepEqual(lasting(said), lasting(await talk(clientOf(stand.direct))))
      assert.deepEqual(
        said.map(({ role }) => role),
        ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'user'],
      )
      const traces = await stand.exactTraces(session)
      assert.deepEqual(extendsLastTurn(traces), [true, true])
      assert.deepEqual(traces[0]?.tools, [WEATHER])
      assert.equal(traces[0]?.finish_reason, 'tool_calls')
    })
  }
})
