import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulator } from '../../src/simulator/index.ts'
import type { JsonObject } from '../../src/plugin/index.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { splitEvents } from '../wire/support.ts'
import { chatCall, jsonOf, providedBy, send } from './providers-setup.ts'
import { textOf } from './setup.ts'

const ASK = { model: 'sluice-sim', messages: [{ role: 'user', content: 'q' }], max_tokens: 5 }

test('a chat with a server that completes text is a chat to its caller, with ids and logprobs', async (t) => {
  const simulator = createSimulator({ tokensPerSecond: 0, ttftMs: 0 })
  t.after(() => simulator.close())
  const { url } = await simulator.listen()
  const upstream = providedBy(t, 'text-completion', `${url}/v1`, { kind: 'vllm' })
  const asked = { ...ASK, logprobs: true, return_token_ids: true, tool_choice: 'none' }
  const reply = await send(upstream, chatCall(asked))
  assert.equal(reply.headers['x-sluice-dropped-params'], 'tool_choice')
  const body = await jsonOf(reply)
  const [choice] = body['choices'] as {
    token_ids: number[]
    logprobs: { content: unknown[] }
    message: { content: string }
  }[]
  const ids = choice?.token_ids ?? []
  assert.equal(body['object'], 'chat.completion')
  assert.equal(choice?.logprobs.content.length, ids.length)
  assert.ok(Array.isArray(body['prompt_token_ids']) && ids.length > 0)

  const streamed = await textOf(await send(upstream, chatCall({ ...asked, stream: true })))
  const events = splitEvents([Buffer.from(streamed)])
  assert.equal(events.at(-1)?.text, '[DONE]')
  const chunks = events.slice(0, -1).map(({ text }) => JSON.parse(text) as JsonObject)
  const told = chunks.flatMap(
    (chunk) => chunk['choices'] as { delta: { content: string }; token_ids: number[] }[],
  )
  const pieces = told.map(({ delta }) => delta.content)
  assert.equal(pieces.join(''), choice?.message.content)
  assert.deepEqual(
    told.flatMap(({ token_ids }) => token_ids),
    ids,
  )
  assert.deepEqual(chunks[0]?.['prompt_token_ids'], body['prompt_token_ids'])
})

for (const base of ['', '/', '/v1', '/v1/', '/base']) {
  test(`completions and everything else pass untouched at a base that ends in "${base}"`, async (t) => {
    const server = await startUpstream(t)
    server.play(single('{"choices": [{"text": "a"}]}'))
    const upstream = providedBy(t, 'text-completion', server.url + base)
    for (const path of ['/v1/completions', '/v1/models']) {
      const reply = await send(upstream, chatCall({ prompt: 'x' }, path))
      assert.equal(await textOf(reply), '{"choices": [{"text": "a"}]}')
      assert.equal(server.seen.at(-1)?.path, base === '/base' ? `/base${path}` : path)
      assert.equal(String(server.seen.at(-1)?.body), '{"prompt":"x"}')
    }
    await textOf(await send(upstream, chatCall(ASK)))
    assert.match(server.seen.at(-1)?.path ?? '', /^(?:\/base)?\/v1\/completions$/)
  })
}

test('an error passes as it is', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{"error": {"message": "no"}}', { status: 422 }))
  const upstream = providedBy(t, 'text-completion', server.url)
  const reply = await send(upstream, chatCall(ASK))
  assert.deepEqual([reply.status, await textOf(reply)], [422, '{"error": {"message": "no"}}'])
})
