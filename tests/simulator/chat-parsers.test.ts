import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, SPECIAL } from '../../src/simulator/index.ts'
import { type Call, type Choice, first, type Json, type Message, run } from './client.ts'

const tool = (name: string) => ({
  type: 'function',
  function: {
    name,
    parameters: {
      type: 'object',
      properties: {
        place: { type: 'string' },
        days: { type: 'integer' },
        unit: { enum: ['C', 'F'] },
      },
    },
  },
})

const ASK = {
  messages: [{ role: 'user', content: 'Please use get_weather now.' }],
  tools: [tool('get_weather')],
}
const FULL = { stream: true, logprobs: true, return_token_ids: true }

const messageOf = (json: Json): Message => first(json).message
const choicesOf = (events: readonly Json[]): Choice[] => events.flatMap((event) => event.choices)
const callDeltas = (events: readonly Json[]): Call[] =>
  choicesOf(events).flatMap((choice) => choice.delta.tool_calls ?? [])

test('a user message that names a tool gets a call with arguments that fit its schema', async () => {
  await using server = await run()
  const { json } = await server.chat(ASK)
  const [call] = messageOf(json).tool_calls
  assert.match(String(call?.id), /^chatcmpl-tool-[0-9a-f]{16}$/)
  assert.equal(call?.function?.name, 'get_weather')
  const given = JSON.parse(String(call?.function?.arguments))
  assert.equal(typeof given.place, 'string')
  assert.ok(Number.isInteger(given.days))
  assert.ok(['C', 'F'].includes(given.unit))
  assert.equal(messageOf(json).content, null)
  assert.equal(first(json).finish_reason, 'tool_calls')
  assert.equal(first(json).stop_reason, null)
})

test('without a call the tool_calls key is absent', async () => {
  await using server = await run()
  const { json } = await server.chat({ tools: [tool('get_weather')] })
  assert.ok(!('tool_calls' in messageOf(json)))
  assert.equal(first(json).finish_reason, 'stop')
})

test('a streamed call begins with id, type and name, then come pieces of arguments', async () => {
  await using server = await run()
  const body = await server.chat(ASK)
  const { events } = await server.chat({ ...ASK, ...FULL })
  const [first, ...rest] = callDeltas(events)
  const call = messageOf(body.json).tool_calls?.[0]
  assert.deepEqual(first, {
    id: call?.id,
    type: 'function',
    index: 0,
    function: { name: 'get_weather' },
  })
  assert.ok(rest.length > 3)
  for (const delta of rest) assert.deepEqual(Object.keys(delta), ['index', 'function'])
  assert.equal(rest.map((delta) => delta.function?.arguments).join(''), call?.function?.arguments)
  assert.equal(choicesOf(events).at(-1)?.finish_reason, 'tool_calls')
})

test('tokens the tool parser withholds come with empty deltas when ids were asked for', async () => {
  await using server = await run()
  const { events } = await server.chat({ ...ASK, ...FULL })
  const withheld = choicesOf(events).find((choice) => choice.token_ids?.[0] === SPECIAL.toolCall)
  assert.deepEqual(withheld?.delta, {})
  assert.equal(withheld?.logprobs.content.length, 1)
  const ids = choicesOf(events).flatMap((choice) => choice.token_ids ?? [])
  assert.match(decode(ids), /^<tool_call>\n\{"name": "get_weather".*<\/tool_call><\|im_end\|>$/s)
})

test('tokens the parser withholds have no chunk when nothing was asked for', async () => {
  await using server = await run()
  const full = await server.chat({ ...ASK, ...FULL })
  const plain = await server.chat({ ...ASK, stream: true })
  assert.ok(plain.events.length < full.events.length)
  assert.ok(
    choicesOf(plain.events)
      .slice(0, -1)
      .every((choice) => Object.keys(choice.delta ?? {}).length > 0),
  )
  assert.deepEqual(callDeltas(plain.events), callDeltas(full.events))
})

test('two named tools give two parallel calls, of which one is shown where only one may be', async () => {
  await using server = await run()
  const fields = {
    messages: [{ role: 'user', content: 'Use get_time and get_weather.' }],
    tools: [tool('get_weather'), tool('get_time')],
    return_token_ids: true,
  }
  const both = await server.chat(fields)
  const one = await server.chat({ ...fields, parallel_tool_calls: false })
  assert.deepEqual(
    messageOf(both.json).tool_calls?.map((call) => call.function?.name),
    ['get_weather', 'get_time'],
  )
  assert.equal(messageOf(one.json).tool_calls?.length, 1)
  assert.deepEqual(first(one.json).token_ids, first(both.json).token_ids)
  const { events } = await server.chat({ ...fields, ...FULL })
  assert.deepEqual([...new Set(callDeltas(events).map((delta) => delta.index))], [0, 1])
})

test('tool_choice decides: none, required, one by name', async () => {
  await using server = await run()
  const tools = [tool('alpha'), tool('beta')]
  const choose = async (tool_choice: unknown, messages = ASK.messages): Promise<Choice> =>
    first((await server.chat({ messages, tools, tool_choice })).json)
  const named = await choose({ type: 'function', function: { name: 'beta' } })
  assert.equal(named.message.tool_calls?.[0]?.function?.name, 'beta')
  assert.equal(named.finish_reason, 'stop')
  const required = await choose('required')
  assert.equal(required.message.tool_calls?.[0]?.function?.name, 'alpha')
  assert.equal(required.finish_reason, 'tool_calls')
  const none = await choose('none', [{ role: 'user', content: 'Call alpha.' }])
  assert.ok(!('tool_calls' in (none.message ?? {})))
})

test('the x-sim-tool header makes the model call a tool', async () => {
  await using server = await run()
  const { json } = await server.chat({ tools: [tool('alpha')] }, { 'x-sim-tool': 'alpha' })
  assert.equal(messageOf(json).tool_calls?.[0]?.function?.name, 'alpha')
})

test('a call cut by the token limit stays text in a body', async () => {
  await using server = await run()
  const { json } = await server.chat({ ...ASK, max_tokens: 12 })
  assert.ok(String(messageOf(json).content).startsWith('<tool_call>\n{"name": "get_weather"'))
  assert.ok(!('tool_calls' in messageOf(json)))
  assert.equal(first(json).finish_reason, 'length')
})

test('the same prompt as token ids gives the same tool call as text', async () => {
  await using server = await run()
  const chat = await server.chat({ ...ASK, return_token_ids: true })
  const prompt = chat.json.prompt_token_ids
  const completion = await server.post('/v1/completions', {
    prompt,
    max_tokens: 500,
    return_token_ids: true,
  })
  assert.deepEqual(first(completion.json).token_ids, first(chat.json).token_ids)
  assert.match(String(first(completion.json).text), /^<tool_call>\n.*<\/tool_call>$/s)
})

test('reasoning stands apart from content, and usage counts its tokens', async () => {
  await using server = await run({ reasoning: true })
  const { json } = await server.chat({ return_token_ids: true })
  const choice = first(json)
  const { reasoning, content } = messageOf(json)
  assert.equal(decode(choice.token_ids), `<think>${reasoning}</think>${content}<|im_end|>`)
  const tags = choice.token_ids.indexOf(SPECIAL.thinkEnd) ?? 0
  assert.equal(json.usage.completion_tokens_details.reasoning_tokens, Number(tags) + 1)
})

test('reasoning streams before content, under the name of the version', async () => {
  for (const [tokenIds, name] of [
    [true, 'reasoning'],
    [false, 'reasoning_content'],
  ] as const) {
    await using server = await run({ reasoning: true, features: { tokenIds } })
    const { events } = await server.chat({ stream: true, logprobs: true })
    const keys = choicesOf(events).map((choice) => Object.keys(choice.delta ?? {}).join())
    assert.ok(keys.includes(name))
    assert.ok(keys.lastIndexOf(name) < keys.indexOf('content'))
    assert.deepEqual(choicesOf(events)[1]?.delta, {})
  }
})

test('hidden reasoning hides ids and log probabilities of the whole choice', async () => {
  await using server = await run({ reasoning: true })
  const fields = { include_reasoning: false, logprobs: true, return_token_ids: true }
  const { json } = await server.chat(fields)
  assert.equal(first(json).token_ids, null)
  assert.equal(first(json).logprobs, null)
  assert.equal(messageOf(json).reasoning, null)
  const { text, events } = await server.chat({ ...fields, stream: true })
  assert.ok(!text.includes('"reasoning"'))
  assert.ok(
    choicesOf(events)
      .slice(1)
      .every((choice) => choice.token_ids === null && choice.logprobs === null),
  )
  assert.ok(
    choicesOf(events)
      .slice(1, -1)
      .every((choice) => choice.delta.content !== undefined),
  )
})

test('the template can switch thinking off', async () => {
  await using server = await run({ reasoning: true })
  const { json } = await server.chat({ chat_template_kwargs: { enable_thinking: false } })
  assert.equal(messageOf(json).reasoning, null)
})
