import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../../src/plugin/index.ts'
import { chatBody, chatStream } from '../../src/wire/text-completion/reply.ts'
import { completionRequest } from '../../src/wire/text-completion/request.ts'
import { traceOf } from '../support/observe.ts'
import { completion } from '../support/replies.ts'
import { readsAt, splitEvents } from './support.ts'

const MESSAGES = [
  { role: 'system', content: 'Be short.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Hi ' },
      { type: 'text', text: 'you' },
    ],
  },
]
const LOGPROBS = {
  text_offset: [0, 1],
  token_logprobs: [-0.5, null],
  tokens: ['a', 'b'],
  top_logprobs: [{ a: -0.5, c: -1.5 }, null],
}

function bodyOf(params: JsonObject, kind: 'vllm' | 'generic' = 'generic'): JsonObject {
  return completionRequest({ model: 'm', messages: MESSAGES, ...params }, kind).body
}

describe('a chat for a server that completes text', () => {
  test('is one prompt, a line for each message and one for the answer', () => {
    assert.deepEqual(bodyOf({ temperature: 0.5, n: 2, top_k: 3 }), {
      model: 'm',
      temperature: 0.5,
      n: 2,
      top_k: 3,
      prompt: 'system: Be short.\nuser: Hi you\nassistant:',
    })
  })

  test('keeps its limit, and vLLM is told when there is none', () => {
    assert.equal(bodyOf({ max_completion_tokens: 5, max_tokens: 6 })['max_tokens'], 5)
    assert.equal(bodyOf({ max_tokens: 6 }, 'vllm')['max_tokens'], 6)
    assert.equal(bodyOf({}, 'vllm')['max_tokens'], null)
    assert.ok(!('max_tokens' in bodyOf({})))
  })

  for (const [params, kind, want] of [
    [{ logprobs: true }, 'vllm', 0],
    [{ logprobs: true }, 'generic', 1],
    [{ logprobs: true, top_logprobs: 3 }, 'generic', 3],
    [{ logprobs: false, top_logprobs: 0 }, 'vllm', undefined],
  ] as const) {
    test(`${JSON.stringify(params)} asks ${kind} for ${want}`, () => {
      assert.equal(bodyOf(params, kind)['logprobs'], want)
      assert.ok(!('top_logprobs' in bodyOf(params, kind)))
    })
  }

  test('loses what only chats have, by name', () => {
    const chatOnly = { reasoning_effort: 'low', chat_template_kwargs: {}, tool_choice: null }
    const { body, dropped } = completionRequest({ messages: MESSAGES, ...chatOnly }, 'generic')
    assert.deepEqual(dropped, ['reasoning_effort', 'chat_template_kwargs'])
    assert.deepEqual(Object.keys(body), ['prompt'])
  })

  for (const [param, params] of [
    ['tools', { tools: [{}] }],
    ['functions', { functions: [{}] }],
    ['messages', { messages: null }],
    ['messages[0]', { messages: ['x'] }],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
  ] as const) {
    test(`is refused for its ${param}`, () => {
      assert.throws(() => bodyOf(params), { code: 'bad_body', status: 400, param })
    })
  }
})

describe('a text completion for a caller of chat', () => {
  const single = {
    ...completion({
      text: ' ab',
      logprobs: LOGPROBS,
      finish_reason: 'stop',
      stop_reason: 7,
      prompt_token_ids: [1, 2],
      token_ids: [3, 4],
    }),
    usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
  }

  test('keeps its text, ids, logprobs and reasons in the places that chats have for them', () => {
    const reply = JSON.parse(chatBody(JSON.stringify(single), 1)) as JsonObject
    assert.deepEqual(reply, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: ' ab' },
          logprobs: {
            content: [
              {
                token: 'a',
                logprob: -0.5,
                bytes: null,
                top_logprobs: [{ token: 'a', logprob: -0.5, bytes: null }],
              },
              { token: 'b', logprob: null, bytes: null, top_logprobs: [] },
            ],
          },
          finish_reason: 'stop',
          stop_reason: 7,
          token_ids: [3, 4],
        },
      ],
      prompt_token_ids: [1, 2],
      usage: single.usage,
    })
  })

  test('is recorded alike, streamed or not, with the ids and logprobs that came', async () => {
    const chunks = [
      completion({
        text: ' a',
        logprobs: { token_logprobs: [-0.5], tokens: ['a'], top_logprobs: [{ a: -0.5 }] },
        prompt_token_ids: [1, 2],
        token_ids: [3],
      }),
      completion({
        text: 'b',
        logprobs: { token_logprobs: [null], tokens: ['b'], top_logprobs: [null] },
        finish_reason: 'stop',
        stop_reason: 7,
        prompt_token_ids: null,
        token_ids: [4],
      }),
      { ...completion({}), choices: [], usage: single.usage },
    ]
    const bytes = Buffer.from(chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''))
    const told = splitEvents([Buffer.from(splitEvents([bytes]).map(chatStream(1)).join(''))])
    const streamed = await traceOf(told.map(({ text }) => JSON.parse(text) as JsonObject))
    const whole = await traceOf([JSON.parse(chatBody(JSON.stringify(single), 1)) as JsonObject])
    assert.deepEqual(streamed.choices, whole.choices)
    const [choice] = whole.choices
    assert.deepEqual(
      [choice?.token_ids, choice?.logprobs, choice?.stop_reason, whole.prompt_token_ids],
      [[3, 4], [-0.5, null], 7, [1, 2]],
    )
    assert.deepEqual(choice?.message, { role: 'assistant', content: ' ab' })
  })

  test('names the role once for each choice', () => {
    const convert = chatStream(0)
    const roles = [0, 1, 0, 1].map((index) => {
      const [event] = splitEvents([
        Buffer.from(`data: ${JSON.stringify(completion({ index, text: 'x' }))}\n\n`),
      ])
      return event && convert(event).includes('"role":"assistant"')
    })
    assert.deepEqual(roles, [true, true, false, false])
  })

  test('that is an error, a comment or the terminator stays as it is, byte for byte', () => {
    const stream = ': hi\n\ndata: {"error": {"message": "no"}}\r\n\r\ndata: [DONE]\n\ndata: {"cho'
    const bytes = Buffer.from(stream)
    for (let cut = 0; cut < bytes.length; cut += 1) {
      assert.equal(
        splitEvents(readsAt(bytes, [cut]))
          .map(chatStream(0))
          .join(''),
        stream,
      )
    }
    assert.equal(chatBody('{"error": "no"}', 0), '{"error": "no"}')
  })
})
