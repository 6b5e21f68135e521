import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extraction, traceOf } from '../support/observe.ts'
import { chat, completion, content, entry, root } from '../support/replies.ts'

const extract = (
  chunks: Parameters<typeof traceOf>[0],
  observation: Parameters<typeof traceOf>[1] = {},
) => traceOf(chunks, observation, [extraction(observation.keep)])

const rich = chat({
  token_ids: [5],
  logprobs: content(entry('a', -1, { top_logprobs: [{ token: 'a', logprob: -1, bytes: [97] }] })),
})

test('a token is recorded with all that was said about it', async () => {
  const [choice] = (await extract([rich])).choices
  assert.deepEqual(
    [choice?.token_ids, choice?.logprobs, choice?.tokens, choice?.bytes, choice?.top_logprobs],
    [[5], [-1], ['a'], [[97]], [[{ token: 'a', logprob: -1, bytes: [97] }]]],
  )
})

test('columns that are not to be kept are left out', async () => {
  const [choice] = (await extract([rich], { keep: [] })).choices
  assert.deepEqual(
    [choice?.token_ids, choice?.logprobs, choice?.tokens, choice?.bytes, choice?.top_logprobs],
    [[5], [-1], null, null, null],
  )
})

test('llama.cpp carries the ids in its logprob entries', async () => {
  const trace = await extract([
    chat({ logprobs: content(entry('a', -1, { id: 10 })) }),
    chat({ logprobs: content(entry('b', -2, { id: 11 })) }),
  ])
  assert.deepEqual(trace.completion_token_ids, [10, 11])
})

test('ids that only some entries carry are no ids', async () => {
  const trace = await extract([
    chat({
      logprobs: content(entry('a', -1, { id: 10 }), entry('b', -2), entry('c', -3, { id: 12 })),
    }),
  ])
  assert.equal(trace.choices[0]?.token_ids, null)
  assert.deepEqual(trace.logprobs, [-1, -2, -3])
})

test('ids that the server names as such outrank those in its entries', async () => {
  const trace = await extract([
    chat({ token_ids: [9], logprobs: content(entry('a', -1, { id: 10 })) }),
  ])
  assert.deepEqual(trace.completion_token_ids, [9])
  assert.deepEqual(trace.choices[0]?.flags, ['ids_differ'])
})

test('placeholders of alternatives are read as ids when they were asked for', async () => {
  const top_logprobs = [{ token: 'token_id:7', logprob: -1, bytes: null }]
  const trace = await extract(
    [chat({ logprobs: content(entry('token_id:7', -1, { top_logprobs })) })],
    {
      call: { received: { return_tokens_as_token_ids: true } },
    },
  )
  assert.deepEqual(trace.choices[0]?.top_logprobs, [[{ ...top_logprobs[0], id: 7 }]])
})

test('completions logprobs are read from their parallel lists', async () => {
  const logprobs = {
    tokens: [' a', '1'],
    token_logprobs: [-0.5, 0],
    top_logprobs: null,
    text_offset: [0, 2],
  }
  const trace = await extract([completion({ token_ids: [1, 2], logprobs })], {
    call: { dialect: 'completions' },
  })
  assert.deepEqual(
    [trace.logprobs, trace.choices[0]?.tokens],
    [
      [-0.5, 0],
      [' a', '1'],
    ],
  )
  assert.equal(trace.choices[0]?.top_logprobs, null)
})

test('a completions token without a logprob keeps its place', async () => {
  const logprobs = { tokens: ['a', 'b'], token_logprobs: [-1, null] }
  const trace = await extract([completion({ logprobs })], { call: { dialect: 'completions' } })
  assert.deepEqual([trace.logprobs, trace.choices[0]?.flags], [[-1, null], ['missing_logprob']])
})

test('chat prompts that differ between choices contradict each other', async () => {
  const trace = await extract([
    chat({ prompt_token_ids: [1] }),
    chat({ index: 1, prompt_token_ids: [2] }),
  ])
  assert.deepEqual(
    trace.choices.map((c) => [c.prompt_token_ids, c.flags]),
    [
      [null, []],
      [[2], ['prompt_ids_differ']],
    ],
  )
})

test('ids that SGLang repeats in its extension are not doubled', async () => {
  const trace = await extract([chat({ token_ids: [1, 2] }, { sglext: { output_ids: [1, 2] } })])
  assert.deepEqual(trace.completion_token_ids, [1, 2])
})

test('a completions prompt of a later choice does not stand for that of the first', async () => {
  const chunks = [
    completion({ token_ids: [1] }),
    completion({ index: 1, prompt_token_ids: [8, 9] }),
  ]
  const trace = await extract(chunks, { call: { dialect: 'completions' } })
  assert.deepEqual(trace.prompt_token_ids, [])
  assert.deepEqual(
    trace.choices.map((c) => c.prompt_token_ids),
    [null, [8, 9]],
  )
})

test('routing matrices are recorded under either name', async () => {
  const trace = await extract([
    chat({ routing_matrices: ['AA', 'BB'] }),
    chat({ index: 1, routed_experts: 'CC' }),
  ])
  assert.deepEqual(
    trace.choices.map((c) => c.routing_matrices),
    [['AA', 'BB'], ['CC']],
  )
  assert.deepEqual(trace.routing_matrices, ['AA', 'BB'])
})

test("the server's own weight version outranks the gateway's, wherever it stands", async () => {
  for (const stamp of [
    { weight_version: 'v7' },
    { metadata: { weight_version: 'v7' } },
    { meta_info: { weight_version: 'v7' } },
  ]) {
    const trace = await extract([root(stamp)], { trace: { weight_version: 1 } })
    assert.equal(trace.weight_version, 'v7')
  }
  assert.equal((await extract([root({})], { trace: { weight_version: 1 } })).weight_version, 1)
})

test('an engine whose weights nobody has named says nothing about their version', async () => {
  for (const stamp of [
    { weight_version: 'default' },
    { metadata: { weight_version: 'default' } },
    { meta_info: { weight_version: 'default' } },
  ]) {
    const trace = await extract([root(stamp)], { trace: { weight_version: 1 } })
    assert.equal(trace.weight_version, 1)
  }
})

test('responses logprobs come from the deltas, and the closing event does not double them', async () => {
  const logprobs = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }]
  const closing = {
    type: 'response.completed',
    response: { output: [{ content: [{ logprobs }] }] },
  }
  const call = { dialect: 'responses' } as const
  const delta = { type: 'response.output_text.delta', delta: 'a', logprobs }
  assert.deepEqual((await extract([delta, closing], { call })).logprobs, [-1])
  assert.deepEqual((await extract([closing], { call })).logprobs, [-1])
})

test('without usage the recorded ids are counted', async () => {
  const trace = await extract([chat({ token_ids: [1, 2] }, { prompt_token_ids: [7] })])
  assert.deepEqual(trace.token_counts, { prompt: 1, completion: 2 })
})
