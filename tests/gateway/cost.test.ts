import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { chat, DONE, tokenEvent, usageEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { completionThatUsed } from './cost-setup.ts'

const CENT = { input_per_token: 0.01, output_per_token: 0.02, reasoning_per_token: 0.03 }

/** Upstreams of every sort, all of them the same scripted server. */
function upstreamsAt(url: string): readonly object[] {
  return [
    { name: 'priced', models: ['priced', 'said'], kind: 'vllm', price: CENT },
    { name: 'free', models: ['gpt-4o-mini', 'org/*', 'said-too'], kind: 'vllm' },
    { name: 'openai', models: ['mini'], send_model: 'gpt-4o-mini', kind: 'openai' },
    { name: 'based', models: ['x'], kind: 'openai', info: { base_model: 'gpt-4o-mini' } },
    { name: 'deployed', models: ['deployment'], kind: 'openai' },
    { name: 'claude', models: ['claude-sonnet-4-20250514'], provider: 'anthropic' },
  ].map((upstream) => ({ url, ...upstream }))
}

describe('the cost of a call', () => {
  const scope = createScope()
  let server: ScriptedUpstream
  let gateway: RunningGateway
  before(async () => {
    server = await startUpstream(scope)
    const config = {
      upstreams: upstreamsAt(server.url),
      prices: { said: { input_per_token: 5 }, 'org/*': { input_per_token: 0.001 } },
      routing: { litellm: true },
    }
    gateway = await startGateway(scope, { config })
  })
  after(() => scope.close())

  async function call(model: string, params: JsonObject = {}): Promise<[Trace, RawReply]> {
    const reply = await post(`${gateway.url}/sessions/s/v1/chat/completions`, {
      ...chat(params['stream'] === true),
      model,
      ...params,
    })
    const id = String(reply.headers['x-trace-id'])
    return [(await gateway.json(`/traces/${id}`)) as Trace, reply]
  }

  test('is by the price of its upstream, before what is said of the model', async () => {
    server.play(single(completionThatUsed({ prompt_tokens: 3, completion_tokens: 2 })))
    const [trace, { headers }] = await call('said')
    near(trace.cost, 0.07)
    assert.deepEqual(trace.cost_details, {
      input: 0.03,
      cached_input: 0,
      cache_write: 0,
      output: 0.04,
      reasoning: 0,
      source: 'upstream',
      estimated: false,
    })
    assert.equal(headers['x-litellm-response-cost'], '0.07')
  })

  test('counts thoughts at their own price', async () => {
    const completion_tokens_details = { reasoning_tokens: 4 }
    const usage = { prompt_tokens: 1, completion_tokens: 5, completion_tokens_details }
    server.play(single(completionThatUsed(usage)))
    const [trace] = await call('priced')
    near(trace.cost, 0.01 + 0.02 + 4 * 0.03)
    near(trace.cost_details?.reasoning, 0.12)
  })

  test('is by what is said of the model, where its upstream has no price', async () => {
    server.play(single(completionThatUsed({ prompt_tokens: 3, completion_tokens: 2 })))
    const [trace] = await call('org/anything')
    near(trace.cost, 0.003)
    assert.equal(trace.cost_details?.source, 'prices')
  })

  test('is by the price list at a service, with what was cached, and no exponent', async () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 1 },
    }
    server.play(single(completionThatUsed(usage)))
    for (const model of ['mini', 'x']) {
      const [trace, { headers }] = await call(model)
      near(trace.cost, 6 * 0.15e-6 + 4 * 0.075e-6 + 2 * 0.6e-6)
      near(trace.cost_details?.cached_input, 0.3e-6)
      assert.equal(trace.cost_details?.source, 'list')
      assert.equal(headers['x-litellm-response-cost'], '0.0000024')
    }
  })

  test('is by the model that answered, where only the server knows which it is', async () => {
    server.play(
      single(
        completionThatUsed({ prompt_tokens: 10, completion_tokens: 0 }, 'gpt-4o-mini-2024-07-18'),
      ),
    )
    near((await call('deployment'))[0].cost, 10 * 0.15e-6)
  })

  test('is by Anthropic’s prices for what its cache was read and written', async () => {
    const usage = {
      input_tokens: 100,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 200,
      output_tokens: 10,
    }
    const content = [{ type: 'text', text: 'so' }]
    const reply = { id: 'm', type: 'message', role: 'assistant', content, stop_reason: 'end_turn' }
    server.play(single(JSON.stringify({ ...reply, model: 'claude-sonnet-4-20250514', usage })))
    const [trace] = await call('claude-sonnet-4-20250514', { max_tokens: 10 })
    near(trace.cost, 100 * 3e-6 + 1000 * 0.3e-6 + 200 * 3.75e-6 + 10 * 15e-6)
  })

  test('is not known for a model on a server of one’s own, whatever its name', async () => {
    server.play(single(completionThatUsed({ prompt_tokens: 10, completion_tokens: 2 })))
    const [trace, { headers }] = await call('gpt-4o-mini')
    assert.deepEqual([trace.cost, trace.cost_details], [null, null])
    assert.equal(headers['x-litellm-response-cost'], undefined)
  })

  test('of a stream is what its last chunk says', async () => {
    server.play(stream([tokenEvent('so', { finish: 'stop' }), usageEvent(3, 2), DONE]))
    const [trace, { headers }] = await call('priced', { stream: true })
    near(trace.cost, 0.07)
    assert.equal(headers['x-litellm-response-cost'], undefined)
  })

  test('of a stream that was cut is estimated, and counted', async () => {
    server.play(stream([tokenEvent('a'.repeat(40))], { end: 'rst' }))
    const [trace] = await call('priced', { stream: true, messages: [] })
    assert.equal(trace.status, 'partial')
    assert.equal(trace.cost_details?.estimated, true)
    near(trace.cost_details.output, 10 * 0.02)
    near(trace.cost_details.input, 0.01)
    const scrape = await (await fetch(`${gateway.url}/metrics`)).text()
    const spent = scrape
      .split('\n')
      .filter((line) => /^litellm_spend_metric_total\{.*model="priced"/.test(line))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    near(spent, 0.15 + 0.07 + 0.21)
  })

  test('that failed at the server is nothing', async () => {
    server.play(single('{"error":{"message":"no"}}', { status: 400 }))
    const [trace] = await call('priced')
    assert.equal(trace.cost, 0)
  })
})

function near(actual: number | null | undefined, expected: number): void {
  assert.ok(typeof actual === 'number', `${actual} is no cost`)
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)
}
