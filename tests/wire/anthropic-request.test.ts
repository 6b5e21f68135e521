import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../../src/plugin/index.ts'
import { messagesRequest } from '../../src/wire/anthropic/request.ts'

const USER = { role: 'user', content: 'q' }
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

function bodyOf(params: JsonObject): JsonObject {
  return messagesRequest({ model: 'c', messages: [USER], ...params }).body
}

function droppedOf(params: JsonObject): readonly string[] {
  return messagesRequest({ model: 'c', messages: [USER], ...params }).dropped
}

describe('params', () => {
  test('a plain call gets the limit that Anthropic demands, and nothing else', () => {
    assert.deepEqual(bodyOf({ stop: null, user: null, tools: [], n: 1 }), {
      model: 'c',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }],
    })
    assert.deepEqual(droppedOf({ n: 1, logprobs: false, seed: null, stream: true }), [])
  })

  test('what both know keeps its value, also a temperature above 1', () => {
    const same = { stream: true, temperature: 1.4, top_p: 0.9, top_k: 40 }
    const {
      max_tokens,
      stop_sequences,
      metadata,
      messages: _,
      ...body
    } = bodyOf({
      ...same,
      max_completion_tokens: 9,
      max_tokens: 8,
      stop: 'a',
      user: 'u',
    })
    assert.deepEqual(body, { model: 'c', ...same })
    assert.deepEqual([max_tokens, stop_sequences, metadata], [9, ['a'], { user_id: 'u' }])
    assert.deepEqual(bodyOf({ stop: ['a', 'b'] })['stop_sequences'], ['a', 'b'])
  })

  test('params without a counterpart are left out and named', () => {
    const odd = { logprobs: true, top_logprobs: 2, seed: 1, presence_penalty: 0.5, min_p: 0.1 }
    assert.deepEqual(droppedOf(odd), Object.keys(odd))
    assert.deepEqual(bodyOf(odd), bodyOf({}))
    assert.deepEqual(droppedOf({ response_format: { type: 'json_object' } }), ['response_format'])
    assert.deepEqual(droppedOf({ metadata: { run: '1' } }), ['metadata'])
  })

  test('a format with a schema is an output format, beside other output settings', () => {
    const schema = { type: 'object' }
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } }
    const body = bodyOf({ response_format, output_config: { effort: 'low' } })
    assert.deepEqual(body['output_config'], {
      effort: 'low',
      format: { type: 'json_schema', schema },
    })
  })

  for (const [param, params] of [
    ['n', { n: 2 }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['messages', { messages: 'q' }],
    ['tool_choice', { tools: [TOOL], tool_choice: { type: 'allowed_tools' } }],
    ['tools[1].type', { tools: [TOOL, { type: 'custom', custom: {} }] }],
    ['reasoning_effort', { reasoning_effort: 'extreme' }],
    ['response_format.json_schema.schema', { response_format: { type: 'json_schema' } }],
    ['max_tokens', { max_tokens: 'many' }],
  ] as const) {
    test(`${param} that would change the answer is refused by name`, () => {
      assert.throws(() => bodyOf(params), { code: 'bad_body', status: 400, param })
    })
  }
})

describe('tools', () => {
  test('a function keeps its schema and its strictness; one without parameters takes an object', () => {
    const tools = [
      { type: 'function', function: { name: 'f', description: 'd', strict: true, parameters: {} } },
      { type: 'function', function: { name: 'g', strict: false } },
      { type: 'web_search_20250305', name: 'web_search' },
    ]
    assert.deepEqual(bodyOf({ tools })['tools'], [
      { name: 'f', description: 'd', input_schema: {}, strict: true },
      { name: 'g', input_schema: { type: 'object', properties: {} } },
      { type: 'web_search_20250305', name: 'web_search' },
    ])
  })

  const named = { type: 'function', function: { name: 'f' } }
  for (const [choice, parallel, want] of [
    [undefined, undefined, undefined],
    [undefined, true, undefined],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    ['auto', undefined, { type: 'auto' }],
    ['none', false, { type: 'none' }],
    ['required', false, { type: 'any', disable_parallel_tool_use: true }],
    [named, undefined, { type: 'tool', name: 'f' }],
  ] as const) {
    test(`the choice ${JSON.stringify(choice)}, parallel ${parallel}, is ${JSON.stringify(want)}`, () => {
      const body = bodyOf({ tools: [TOOL], tool_choice: choice, parallel_tool_calls: parallel })
      assert.deepEqual(body['tool_choice'], want)
    })
  }

  test('a choice without tools is not sent', () => {
    assert.equal(
      bodyOf({ tool_choice: 'auto', parallel_tool_calls: false })['tool_choice'],
      undefined,
    )
  })
})

describe('reasoning effort', () => {
  for (const [effort, budget] of Object.entries({
    minimal: 1024,
    low: 2048,
    medium: 5000,
    high: 10_000,
    xhigh: 20_000,
  })) {
    test(`${effort} is a budget of ${budget} tokens beside those of the answer`, () => {
      const body = bodyOf({ reasoning_effort: effort })
      assert.deepEqual(body['thinking'], { type: 'enabled', budget_tokens: budget })
      assert.equal(body['max_tokens'], 4096 + budget)
    })
  }

  test('at most half of the caller’s limit is for thought, and a limit too small for any says so', () => {
    const half = bodyOf({ reasoning_effort: 'high', max_tokens: 4000 })
    assert.deepEqual(
      [half['thinking'], half['max_tokens']],
      [{ type: 'enabled', budget_tokens: 2000 }, 4000],
    )
    const small = { reasoning_effort: 'low', max_tokens: 2000 }
    assert.equal(bodyOf(small)['thinking'], undefined)
    assert.deepEqual(droppedOf(small), ['reasoning_effort'])
    assert.deepEqual(droppedOf({ reasoning_effort: 'none' }), [])
  })

  test('a forced tool leaves no thought', () => {
    const forced = { reasoning_effort: 'low', tools: [TOOL], tool_choice: 'required' }
    assert.equal(bodyOf(forced)['thinking'], undefined)
    assert.deepEqual(droppedOf(forced), ['reasoning_effort'])
  })

  test('what the caller says in Anthropic’s words comes first', () => {
    const thinking = { type: 'adaptive' }
    assert.deepEqual(bodyOf({ thinking, reasoning_effort: 'low' })['thinking'], thinking)
    assert.deepEqual(droppedOf({ thinking, reasoning_effort: 'low' }), ['reasoning_effort'])
  })
})
