import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, renderChat, type ChatMessage } from '../../src/simulator/index.ts'
import { first, type Json, run } from './client.ts'

const plain = { addGenerationPrompt: true, continueFinalMessage: false, thinking: true }

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
    },
  },
}

const startsWith = (ids: readonly number[], start: readonly number[]): boolean =>
  start.every((id, at) => ids[at] === id)

test('a chat is laid out in ChatML and ends with the generation prompt', () => {
  const text = renderChat(
    [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    plain,
  )
  assert.equal(
    text,
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  )
})

test('tools go into the system turn, tool results that follow each other share a user turn', () => {
  const text = renderChat(
    [
      { role: 'user', content: 'Go' },
      { role: 'tool', content: 'one' },
      { role: 'tool', content: 'two' },
    ],
    { ...plain, tools: [WEATHER] },
  )
  assert.ok(text.startsWith('<|im_start|>system\n# Tools'))
  assert.ok(text.includes(`<tools>\n${JSON.stringify(WEATHER)}\n</tools>`))
  assert.ok(
    text.includes(
      '<|im_start|>user\n<tool_response>\none\n</tool_response>\n<tool_response>\ntwo\n</tool_response><|im_end|>\n',
    ),
  )
})

test('a continued message stays open', () => {
  const messages = [{ role: 'assistant', content: 'Once upon' }]
  const options = { ...plain, addGenerationPrompt: false, continueFinalMessage: true }
  assert.equal(renderChat(messages, options), '<|im_start|>assistant\nOnce upon')
})

test('text parts of a content list are joined', () => {
  const content = [
    { type: 'text', text: 'a' },
    { type: 'image_url', image_url: {} },
  ]
  assert.ok(
    renderChat([{ role: 'user', content }], plain).includes('user\na\n<image_url><|im_end|>'),
  )
})

interface Turn {
  readonly promptIds: readonly number[]
  readonly ids: readonly number[]
  readonly message: ChatMessage
}

const turnOf = (json: Json): Turn => ({
  promptIds: json.prompt_token_ids,
  ids: first(json).token_ids,
  message: first(json).message as unknown as ChatMessage,
})

for (const reasoning of [false, true]) {
  test(`each prompt begins with the turn before it, reasoning ${reasoning ? 'on' : 'off'}`, async () => {
    await using server = await run({ reasoning, replyTokens: 40 })
    const messages: unknown[] = [{ role: 'user', content: 'What does get_weather say?' }]
    let before: number[] = []
    for (let number = 0; number < 5; number++) {
      const answer = await server.post('/v1/chat/completions', {
        messages,
        tools: [WEATHER],
        return_token_ids: true,
      })
      const turn = turnOf(answer.json)
      assert.ok(startsWith(turn.promptIds, before), `turn ${number}`)
      before = [...turn.promptIds, ...turn.ids]
      messages.push(turn.message)
      const call = (turn.message.tool_calls as { id: string }[] | undefined)?.[0]
      if (call === undefined) messages.push({ role: 'user', content: `And then ${number}? 🙂` })
      else messages.push({ role: 'tool', tool_call_id: call.id, content: '{"sky": "clear"}' })
    }
    assert.ok(before.length > 150)
  })
}

test('a reply that was cut by the token limit is a prefix of the next prompt too', async () => {
  await using server = await run({ replyTokens: 60 })
  const first = turnOf((await server.chat({ return_token_ids: true, max_tokens: 9 })).json)
  const messages = [
    { role: 'user', content: 'Say something about rivers.' },
    first.message,
    { role: 'user', content: 'Go on' },
  ]
  const next = turnOf((await server.chat({ messages, return_token_ids: true })).json)
  assert.ok(!decode(first.ids).includes('\uFFFD'))
  assert.ok(startsWith(next.promptIds, [...first.promptIds, ...first.ids]))
})

test('tokenize gives the prompt ids of the same chat', async () => {
  await using server = await run()
  const messages = [{ role: 'user', content: 'naïve 東京' }]
  const chat = await server.chat({ messages, tools: [WEATHER], return_token_ids: true })
  const tokens = await server.post('/tokenize', { messages, tools: [WEATHER] })
  assert.deepEqual(tokens.json.tokens, chat.json.prompt_token_ids)
  assert.deepEqual(encode(decode(turnOf(chat.json).promptIds)), chat.json.prompt_token_ids)
})
