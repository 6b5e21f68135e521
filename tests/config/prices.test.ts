import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { entry } from './litellm-entry.ts'
import { fault, loaded } from './written.ts'

describe('a price that is no number', () => {
  const upstream = 'upstreams:\n  - url: http://a\n    price:\n      '
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    [`${upstream}input_per_token: cheap`, /yaml:4:24 upstreams\.0\.price\.input_per_token must be/],
    [`${upstream}output_per_token: -1`, /yaml:4:25 upstreams\.0\.price\.output_per_token must be/],
    [`${upstream}reasoning_per_token: []`, /yaml:4:28 upstreams\.0\.price\.reasoning_per_token/],
    [`${upstream}input_per_tokken: 1`, /yaml:4:\d+ .*input_per_tokken.*input_per_token/],
    ['prices:\n  m:\n    input_per_token: -0.1', /yaml:3:22 prices\.m\.input_per_token must be/],
    ['prices:\n  m: 3', /yaml:2:6 prices\.m must be/],
    [
      entry('m', { model: 'openai/m', output_cost_per_token: 'dear' }),
      /yaml:5:\d+ .+output_cost_per_token must be a number from 0 on/,
    ],
  ]
  for (const [text, message] of cases) {
    test(`is refused with its place: ${text.split('\n').at(-1)?.trim() || 'LiteLLM’s'}`, (t) => {
      assert.match(fault(t, text), message)
    })
  }
})

test('every price of LiteLLM’s by token and second is one here', (t) => {
  const { upstreams } = loaded(
    t,
    entry('m', {
      model: 'openai/m',
      api_base: 'http://a',
      input_cost_per_token: 1,
      output_cost_per_token: '2',
      cache_read_input_token_cost: 3,
      cache_creation_input_token_cost: 4,
      output_cost_per_reasoning_token: 5,
      input_cost_per_second: 6,
      output_cost_per_second: 7,
    }),
  )
  assert.deepEqual(upstreams[0]?.price, {
    input_per_token: 1,
    output_per_token: 2,
    cached_input_per_token: 3,
    cache_write_per_token: 4,
    reasoning_per_token: 5,
    input_per_second: 6,
    output_per_second: 7,
  })
})
