import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindOfError, kindOfReply } from '../../src/upstream/failure-kind.ts'

for (const message of [
  "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
  "You passed 9 input tokens and requested 1 output tokens. However, the model's context length is only 8 tokens",
  "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
  'the request exceeds the available context size. try increasing the context size',
  '`inputs` tokens + `max_new_tokens` must be <= 4096',
  'Input tokens exceed the configured limit of 272000 tokens.',
  'prompt is too long: 210000 tokens > 200000 maximum',
  'The current length is 9000 while limit is 8192',
]) {
  test(`a prompt is too long: ${message.slice(0, 40)}`, () => {
    assert.equal(kindOfReply(400, message, null), 'context_window')
  })
}

test('a text that is too long for a field is no prompt that is too long', () => {
  const message =
    'string_above_max_length: expected a string with maximum length 64; maximum context length'
  assert.equal(kindOfReply(400, message, null), 'bad_request')
  assert.equal(kindOfReply(400, 'temperature must be at most 2', 'temperature'), 'bad_request')
})

test('what Azure and OpenAI refuse for its content is told from other bad requests', () => {
  for (const message of [
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    'Your request was rejected as a result of our safety system.',
  ]) {
    assert.equal(kindOfReply(400, message, null), 'content_policy')
  }
})

test('other failures are told by their status, and those without an answer by what happened', () => {
  const statuses = [401, 403, 404, 408, 429, 500, 502, 503, 504]
  assert.deepEqual(
    statuses.map((status) => kindOfReply(status, '', null)),
    [
      'authentication',
      'authentication',
      'not_found',
      'timeout',
      'rate_limit',
      'internal_server',
      'internal_server',
      'service_unavailable',
      'timeout',
    ],
  )
  assert.equal(kindOfError('upstream_timeout'), 'timeout')
  assert.equal(kindOfError('upstream_unreachable'), 'service_unavailable')
  for (const code of ['client_closed', 'deadline', 'hook_failed', 'upstream_loop'] as const) {
    assert.equal(kindOfError(code), null, code)
  }
})
