import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { loadFixture, loadFixtures, type Fixture } from '../support/fixtures.ts'
import { traceOf } from '../support/observe.ts'

const replay = ({ chunks, request }: Fixture) =>
  traceOf(chunks, { call: { received: request ?? {} } })
const finish = (trace: Trace) => trace.choices.map((c) => [c.finish_reason, c.stop_reason])
const text = (value: unknown) => (typeof value === 'string' ? value : '')
const unflagged = (trace: Trace) => {
  assert.deepEqual([trace.warnings, trace.choices.flatMap((c) => c.flags)], [[], []])
}

test('vLLM 0.24 stream: explicit nulls are no ids, and the EOS is counted but has no text', async () => {
  const fixture = loadFixture('vllm-0.24-chat-stream-plain.cassette.yaml')
  const trace = await replay(fixture)
  assert.equal(fixture.request?.['stream'], true)
  assert.deepEqual(trace.response_message, { role: 'assistant', content: '1, 2, 3, 4, 5' })
  assert.deepEqual(trace.token_counts, { prompt: 46, completion: 14 })
  assert.deepEqual(finish(trace), [['stop', null]])
  assert.equal(trace.choices[0]?.token_ids, null)
  assert.deepEqual(trace.extra['reply'], {
    id: 'chatcmpl-bcfbe349402eb3d2',
    system_fingerprint: 'vllm-0.24.0-tp4-6d31f84d',
  })
  unflagged(trace)
})

test('vLLM single body: the message is kept as it came, the stop reason is a token id', async () => {
  const fixtures = loadFixtures('vllm-chat-tool-calling-reasoning.cassette.yaml')
  const [called, answered] = await Promise.all(fixtures.map(replay))
  assert.ok(called && answered)
  assert.deepEqual(called.response_message, {
    role: 'assistant',
    content: null,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning:
      'The user wants to know the weather in Paris. I\'ll call the get_weather function with "Paris" as the city.',
    tool_calls: [
      {
        id: 'chatcmpl-tool-bbb91941bf76335c',
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city": "Paris"}' },
      },
    ],
  })
  assert.deepEqual(finish(called), [['tool_calls', 154829]])
  assert.deepEqual(finish(answered), [['stop', 154827]])
  assert.deepEqual(answered.token_counts, { prompt: 214, completion: 54 })
  unflagged(called)
})

test('vLLM reasoning stream: reasoning and content are told apart', async () => {
  const trace = await replay(loadFixture('vllm-qwen3-chat-stream-reasoning.recording.json'))
  const { reasoning, content } = trace.response_message
  assert.ok(typeof reasoning === 'string' && typeof content === 'string')
  assert.equal(reasoning.length, 610)
  assert.ok(reasoning.endsWith("nk that's all. The answer should be 12.\n"))
  assert.equal(content.length, 283)
  assert.ok(content.endsWith(' 3 = 12$\n\n**Final Answer:** 12'))
  assert.equal(trace.usage?.['completion_tokens'], 271)
  unflagged(trace)
})

test('old vLLM single body: a think block in the content stays there', async () => {
  const trace = await replay(loadFixture('vllm-old-chat-tool-call.recording.json'))
  assert.match(text(trace.response_message['content']), /^<think>\nOkay/)
  assert.equal(trace.response_message['reasoning_content'], null)
  assert.deepEqual(finish(trace), [['tool_calls', null]])
  assert.deepEqual(trace.token_counts, { prompt: 161, completion: 146 })
})

test('vLLM rollouts: every id and every logprob is recorded, and all checks hold', async () => {
  const lengths = [785, 959, 1038, 964, 1277]
  for (const [i, fixture] of loadFixtures(
    'nemo-gym-vllm-token-ids-logprobs.rollouts.jsonl',
  ).entries()) {
    const trace = await replay(fixture)
    assert.equal(trace.prompt_token_ids.length, 109)
    assert.equal(trace.completion_token_ids.length, lengths[i])
    assert.equal(trace.completion_token_ids[0], 151667)
    assert.equal(trace.completion_token_ids.at(-1), 151645)
    assert.equal(trace.logprobs?.length, lengths[i])
    assert.ok(trace.logprobs?.every((value) => value !== null && Math.fround(value) === value))
    assert.deepEqual(trace.checks, {
      ids_match_usage: true,
      prompt_matches_usage: true,
      logprobs_aligned: true,
      extends_last_turn: null,
    })
    unflagged(trace)
  }
})

test('vLLM rollouts: ids read from placeholders are the ids', async () => {
  for (const { chunks } of loadFixtures('nemo-gym-vllm-token-ids-logprobs.rollouts.jsonl')) {
    const [body] = chunks
    const choices = body?.['choices']
    assert.ok(body && Array.isArray(choices))
    const told = await traceOf(chunks)
    const read = await traceOf([{ ...body, choices: [{ ...choices[0], token_ids: null }] }], {
      call: { received: { return_tokens_as_token_ids: true } },
    })
    assert.deepEqual(read.completion_token_ids, told.completion_token_ids)
  }
})

test('OpenAI stream: text logprobs, no ids', async () => {
  const trace = await replay(loadFixture('openai-chat-stream-logprobs-content.sse'))
  assert.deepEqual(trace.response_message, { role: 'assistant', content: 'Foo!', refusal: null })
  assert.deepEqual(trace.logprobs, [-0.0025094282, -0.26638845])
  assert.deepEqual(trace.choices[0]?.tokens, ['Foo', '!'])
  assert.deepEqual(trace.choices[0]?.bytes, [[70, 111, 111], [33]])
  assert.equal(trace.choices[0]?.top_logprobs, null)
  assert.equal(trace.choices[0]?.token_ids, null)
  assert.deepEqual(trace.token_counts, { prompt: 9, completion: 2 })
  unflagged(trace)
})

test('OpenAI refusal stream: the refusal has its own text and its own logprobs', async () => {
  const trace = await replay(loadFixture('openai-chat-stream-logprobs-refusal.sse'))
  assert.deepEqual(trace.response_message, {
    role: 'assistant',
    content: null,
    refusal: "I'm very sorry, but I can't assist with that.",
  })
  assert.equal(trace.logprobs, null)
  const refusal = trace.choices[0]?.extra['refusal_logprobs']
  assert.ok(Array.isArray(refusal))
  assert.equal(refusal.length, 11)
})

test('OpenAI stream of three choices: each has its text and its end', async () => {
  const trace = await replay(loadFixture('openai-chat-stream-n3-interleaved.sse'))
  assert.deepEqual(
    trace.choices.map((c) => [c.index, c.message['content'], c.finish_reason]),
    [65, 61, 59].map((degrees, index) => [
      index,
      `{"city":"San Francisco","temperature":${degrees},"units":"f"}`,
      'stop',
    ]),
  )
  assert.deepEqual(trace.token_counts, { prompt: 79, completion: 42 })
})

test('OpenAI stream of parallel tool calls: each has its own arguments', async () => {
  const trace = await replay(loadFixture('openai-chat-stream-parallel-tool-calls.sse'))
  assert.deepEqual(trace.response_message['tool_calls'], [
    {
      id: 'call_JMW1whyEaYG438VE1OIflxA2',
      type: 'function',
      function: {
        name: 'GetWeatherArgs',
        arguments: '{"city": "Edinburgh", "country": "GB", "units": "c"}',
      },
    },
    {
      id: 'call_DNYTawLBoN8fj3KN6qU9N1Ou',
      type: 'function',
      function: {
        name: 'get_stock_price',
        arguments: '{"ticker": "AAPL", "exchange": "NASDAQ"}',
      },
    },
  ])
  assert.equal(trace.finish_reason, 'tool_calls')
})

test('OpenAI stream cut by max_tokens ends with length', async () => {
  const trace = await replay(loadFixture('openai-chat-stream-finish-length.sse'))
  assert.deepEqual([trace.finish_reason, trace.response_message['content']], ['length', '{"'])
})

test('OpenAI stream with five alternatives: they keep order, value and bytes', async () => {
  const trace = await replay(loadFixture('openai-gpt4o-chat-stream-top-logprobs-5.recording.json'))
  assert.equal(
    trace.response_message['content'],
    'The smallest continent by land area is Australia.',
  )
  assert.deepEqual(
    trace.logprobs?.slice(0, 4),
    [-0.00033546582562848926, 0, 0, -0.039039287716150284],
  )
  const top = trace.choices[0]?.top_logprobs
  assert.deepEqual(
    top?.map((list) => list?.length),
    Array.from({ length: 9 }, () => 5),
  )
  assert.deepEqual(top?.[0]?.[1], {
    token: 'Australia',
    logprob: -8.000335693359375,
    bytes: [65, 117, 115, 116, 114, 97, 108, 105, 97],
  })
})

test('Bedrock stream: chunks of many tokens add up to the usage', async () => {
  const trace = await replay(
    loadFixture('bedrock-gptoss-chat-stream-logprobs-multitoken.recording.json'),
  )
  assert.equal(trace.logprobs?.length, 57)
  assert.equal(trace.usage?.['completion_tokens'], 57)
  assert.deepEqual(trace.choices[0]?.tokens?.slice(0, 3), [
    '<|channel|>',
    'analysis',
    '<|message|>',
  ])
  assert.deepEqual(trace.logprobs?.at(-1), -0.0049840970896184444)
  assert.equal(trace.choices[0]?.extra['obfuscation'], undefined)
  assert.match(text(trace.response_message['content']), /Humans live on \*\*Earth\*\*\.$/)
})

test('Azure stream: the first chunk without choices names nothing', async () => {
  const trace = await replay(loadFixture('azure-chat-stream-empty-first-choices.chunks.txt'))
  assert.equal(trace.response_message['content'], 'Capital of Denmark.')
  assert.equal(trace.response_model, 'gpt-5-nano-2025-08-07')
  assert.deepEqual(trace.token_counts, { prompt: 15, completion: 78 })
})

test('a stream whose only tool call has index 1 gives one call', async () => {
  const trace = await replay(loadFixture('openai-compat-tool-call-index-starts-at-1.sse'))
  assert.deepEqual(trace.response_message, {
    role: 'assistant',
    content: 'Reading it.',
    tool_calls: [
      {
        id: 'toolu_sanitized',
        type: 'function',
        function: { name: 'read_file', arguments: '{"path": "a.txt"}' },
      },
    ],
  })
  assert.equal(trace.usage, null)
})

test('an error body makes no choice', async () => {
  const trace = await replay(loadFixture('openai-error-unsupported-parameter.json'))
  assert.deepEqual([trace.choices, trace.warnings], [[], []])
})
