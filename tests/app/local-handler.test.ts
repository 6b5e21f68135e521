import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/plugin/index.ts'
import { chat, completion, embedded } from './setup.ts'

async function tracesOf(url: string, session: string): Promise<Record<string, unknown>[]> {
  const reply = await fetch(`${url}/sessions/${session}/traces`)
  return (await reply.json()) as Record<string, unknown>[]
}

test('a handler in this process answers calls, and they are recorded to the token', async (t) => {
  const asked: JsonObject[] = []
  const gateway = await embedded(t, {
    handler(body) {
      asked.push(body)
      return completion('ab', { weight_version: 4 }) as JsonObject
    },
  })
  const { url } = await gateway.listen()
  const reply = await chat(`${url}/sessions/s1/v1/chat/completions`, {})
  const answer = (await reply.json()) as { choices: Record<string, unknown>[] }
  assert.equal(asked[0]?.['return_token_ids'], true, 'the handler is asked as an engine would be')
  assert.equal(answer.choices[0]?.['token_ids'], undefined, 'the caller did not ask for ids')
  const [trace] = await tracesOf(url, 's1')
  assert.deepEqual(trace?.['prompt_token_ids'], [1, 2, 3])
  assert.deepEqual(trace?.['completion_token_ids'], [7, 8])
  assert.deepEqual(trace?.['logprobs'], [-0.5, -0.25])
  assert.deepEqual(trace?.['upstream'], {
    name: 'local',
    kind: 'vllm',
    url: 'local:local',
    simulated: false,
  })
})

test('a caller who wants a stream gets the answer of a handler as one', async (t) => {
  const gateway = await embedded(t, {
    handler: () =>
      completion('ab', {
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } },
              ],
            },
            token_ids: [7, 8],
            finish_reason: 'tool_calls',
          },
        ],
      }) as JsonObject,
  })
  const { url } = await gateway.listen()
  const client = new OpenAI({ baseURL: `${url}/sessions/s2/v1`, apiKey: 'EMPTY' })
  const stream = client.chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    stream_options: { include_usage: true },
  })
  const final = await stream.finalChatCompletion()
  assert.equal(final.choices[0]?.message.tool_calls?.[0]?.id, 'c1')
  assert.equal(final.usage?.total_tokens, 5)
  const [trace] = await tracesOf(url, 's2')
  assert.equal(trace?.['status'], 'complete')
  assert.deepEqual(trace?.['completion_token_ids'], [7, 8])
  assert.deepEqual(trace?.['prompt_token_ids'], [1, 2, 3])
})

test('a handler may give its chunks one by one', async (t) => {
  const go = Promise.withResolvers<void>()
  const gateway = await embedded(t, {
    handler: async function* () {
      const chunk = (delta: object, finish: string | null): JsonObject =>
        ({
          id: 'c',
          object: 'chat.completion.chunk',
          created: 1,
          model: 'm',
          choices: [{ index: 0, delta, finish_reason: finish }],
        }) as JsonObject
      yield chunk({ role: 'assistant', content: 'first' }, null)
      await go.promise
      yield chunk({ content: ' second' }, 'stop')
    } as never,
  })
  const { url } = await gateway.listen()
  const reply = await chat(`${url}/sessions/s3/v1/chat/completions`, { stream: true })
  const reader = (reply.body ?? assert.fail()).pipeThrough(new TextDecoderStream()).getReader()
  assert.match((await reader.read()).value ?? '', /first/)
  go.resolve()
  let rest = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value
  assert.match(rest, / second[^]*\[DONE\]/)
})

test('a handler that fails is an answer with an error, and the trace says so', async (t) => {
  const gateway = await embedded(t, {
    handler: () => Promise.reject(new Error('no GPU left')),
  })
  const { url } = await gateway.listen()
  const reply = await chat(`${url}/sessions/s4/v1/chat/completions`, {})
  assert.equal(reply.status, 500)
  assert.match(JSON.stringify(await reply.json()), /no GPU left/)
  const [trace] = await tracesOf(url, 's4')
  assert.equal(trace?.['status'], 'error')
})

test('a handler hears that its caller has left', async (t) => {
  const began = Promise.withResolvers<AbortSignal>()
  const gateway = await embedded(t, {
    handler: (_body, { signal }) => {
      began.resolve(signal)
      return new Promise(() => {})
    },
  })
  const { url } = await gateway.listen()
  const leaving = new AbortController()
  const call = chat(`${url}/sessions/s5/v1/chat/completions`, {}, { signal: leaving.signal })
  const signal = await began.promise
  const heard = once(signal, 'abort')
  leaving.abort()
  await assert.rejects(call)
  await heard
})
