import assert from 'node:assert/strict'
import test from 'node:test'
import { definePlugin, emptyChoice, type Choice, type FullTrace } from 'sluice/plugin'
import { loadPlugin, type CallSpec } from 'sluice/plugin/testing'
import logprobExtraction from '../../plugins/logprob-extraction/index.ts'
import parameterInjection from '../../plugins/parameter-injection/index.ts'
import streamAccumulator from '../../plugins/stream-accumulator/index.ts'
import tracing from '../../plugins/tracing/index.ts'
import { vllmChat, vllmChatStream } from './engine-replies.ts'

const BUILT_IN = {
  after: [parameterInjection, logprobExtraction, streamAccumulator].map((plugin) => ({ plugin })),
}

for (const [name, answer, stream] of [
  ['single reply', vllmChat, false],
  ['stream', vllmChatStream, true],
] as const) {
  test(`a ${name} is saved with its messages, ids, logprobs and counts`, async (t) => {
    const p = await loadPlugin(t, tracing, {}, BUILT_IN)
    const messages = [{ role: 'user', content: 'Hello' }]
    const call = p.call({ params: { model: 'm', messages, stream }, reply: answer.reply })
    const trace = await call.trace()

    assert.deepEqual(p.traces.saved, [trace])
    assert.equal(p.traces.begun[0]?.trace_id, trace.trace_id)
    assert.deepEqual(trace.messages, messages)
    assert.equal(trace.response_message['content'], 'Hi')
    assert.deepEqual(trace.prompt_token_ids, [1, 15043])
    assert.deepEqual(trace.completion_token_ids, stream ? [6324, 7, 2] : [6324, 2])
    assert.equal(trace.logprobs?.[0], -0.25)
    assert.equal(trace.finish_reason, 'stop')
    assert.deepEqual(trace.token_counts, { prompt: 2, completion: 2 })
    assert.equal((await call.receivedBytes()).toString(), answer.visible)
  })
}

/** What the plugins inside found out about a reply. */
function found(facts: Partial<FullTrace>): {
  after: { plugin: ReturnType<typeof definePlugin> }[]
} {
  const plugin = definePlugin({
    name: 'facts',
    setup: () => ({ trace: (trace) => ({ ...trace, ...facts }) }),
  })
  return { after: [{ plugin }] }
}

async function traceOf(
  t: test.TestContext,
  facts: Partial<FullTrace>,
  spec: CallSpec = {},
): Promise<FullTrace> {
  return (await loadPlugin(t, tracing, {}, found(facts))).call(spec).trace()
}

const choice = (index: number, facts: Partial<Choice>): Choice => ({
  ...emptyChoice(index),
  ...facts,
})

test('the flat fields speak of choice 0, wherever it stands', async (t) => {
  const trace = await traceOf(t, {
    choices: [
      choice(1, { token_ids: [2], finish_reason: 'length' }),
      choice(0, {
        message: { role: 'assistant', content: 'x' },
        token_ids: [1],
        logprobs: [null],
        routing_matrices: ['r'],
        finish_reason: 'stop',
      }),
    ],
  })
  assert.deepEqual(trace.completion_token_ids, [1])
  assert.deepEqual(trace.logprobs, [null])
  assert.deepEqual(trace.routing_matrices, ['r'])
  assert.deepEqual(trace.response_message, { role: 'assistant', content: 'x' })
  assert.equal(trace.finish_reason, 'stop')
  assert.deepEqual(trace.token_counts, { completion: 2 }, 'without usage, ids are counted')
})

test('a reply without choices leaves the flat fields empty and the checks open', async (t) => {
  const trace = await traceOf(t, {})
  assert.deepEqual(trace.completion_token_ids, [])
  assert.equal(trace.logprobs, null)
  assert.deepEqual(trace.token_counts, {})
  assert.deepEqual(Object.values(trace.checks), [null, null, null, null])
})

test('agents, retries and tools are read from where callers put them', async (t) => {
  const tools = [{ type: 'function', function: { name: 'f' } }]
  const spec = {
    params: { tools },
    metadata: { agent: 'coder', parent_agent: 'planner' },
    headers: { 'x-stainless-retry-count': '2' },
  }
  const trace = await traceOf(t, {}, spec)
  assert.deepEqual([trace.agent, trace.parent_agent, trace.client_retry], ['coder', 'planner', 2])
  assert.deepEqual(trace.tools, tools)

  const odd = { metadata: { agent: 7 }, headers: { 'x-stainless-retry-count': 'many' } }
  const other = await traceOf(t, {}, odd)
  assert.deepEqual([other.agent, other.parent_agent, other.client_retry], [null, null, null])
})

test('the text of a responses call is its message, the prompt of a completion is none', async (t) => {
  const responses = await traceOf(t, {}, { path: '/v1/responses', params: { input: 'Hello' } })
  assert.deepEqual(responses.messages, [{ role: 'user', content: 'Hello' }])
  const completion = await traceOf(t, {}, { path: '/v1/completions', params: { prompt: 'Hello' } })
  assert.deepEqual(completion.messages, [])
})

const usage = { prompt_tokens: 3, completion_tokens: 4 }
const prompt_token_ids = [1, 2, 3]
const aligned = [0, 1].map((index) => choice(index, { token_ids: [1, 2], logprobs: [-1, null] }))

for (const [name, facts, expected] of [
  ['agree', { usage, prompt_token_ids, choices: aligned }, [true, true, true]],
  [
    'miss an id and a logprob',
    { usage, prompt_token_ids: [1], choices: [choice(0, { token_ids: [1, 2], logprobs: [-1] })] },
    [false, false, false],
  ],
  [
    'have no ids for one choice',
    { usage, prompt_token_ids, choices: [...aligned, choice(2, { logprobs: [-1] })] },
    [null, true, null],
  ],
  ['have no usage', { prompt_token_ids, choices: aligned }, [null, null, true]],
  [
    'are out of step in one choice and unknown in another',
    { choices: [choice(0, {}), choice(1, { token_ids: [1], logprobs: [] })] },
    [null, null, false],
  ],
] as const) {
  test(`the checks say what holds when the numbers ${name}`, async (t) => {
    const { checks } = await traceOf(t, facts as Partial<FullTrace>)
    const { ids_match_usage, prompt_matches_usage, logprobs_aligned } = checks
    assert.deepEqual([ids_match_usage, prompt_matches_usage, logprobs_aligned], expected)
  })
}

test('a batch counts each prompt once, whatever n is', async (t) => {
  const second = { prompt_token_ids: [4, 5] }
  const facts = {
    prompt_token_ids,
    usage: { prompt_tokens: 5 },
    choices: [choice(0, {}), choice(1, {}), choice(2, second), choice(3, second)],
  }
  const spec = { path: '/v1/completions', params: { prompt: [prompt_token_ids, [4, 5]], n: 2 } }
  assert.equal((await traceOf(t, facts, spec)).checks.prompt_matches_usage, true)
})

test('without intents, the store hears of a call when it is over', async (t) => {
  const p = await loadPlugin(t, tracing, { intent: false })
  await p.call().trace()
  assert.equal(p.traces.begun.length, 0)
  assert.equal(p.traces.saved.length, 1)
})
