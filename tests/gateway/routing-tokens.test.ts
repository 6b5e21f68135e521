import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { createSimulator } from '../../src/simulator/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope, type Scope } from '../support/scope.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { sampledIn, type Sampled } from './sampled.ts'

/** How a model of the gateway comes to its answer. */
const ROUTES = {
  plain: 'straight from its server',
  other: 'by an alias',
  'wild/m': 'by a pattern',
  retried: 'on the second try, from another server',
  stood: 'from the model that stands in',
  kept: 'from the cache',
  proxied: 'from a proxy that stands before its server',
} as const
const TEXT = 'from a server that only completes text'

const DIALECTS = {
  chat: { path: '/v1/chat/completions', ask: { messages: [{ role: 'user', content: 'q' }] } },
  completions: { path: '/v1/completions', ask: { prompt: 'Once upon' } },
} as const
type Dialect = keyof typeof DIALECTS

async function startServer(scope: Scope, fault?: string): Promise<string> {
  const simulator = createSimulator({
    models: ['m'],
    seed: 7,
    ...(fault === undefined
      ? {}
      : { fault: ({ method }) => (method === 'POST' ? fault : undefined) }),
  })
  scope.after(() => simulator.close())
  return (await simulator.listen()).url
}

describe('token ids and logprobs reach the caller that asks for them, and the trace', () => {
  const scope = createScope()
  let gateway: RunningGateway
  before(async () => {
    const [good, bad] = [await startServer(scope), await startServer(scope, 'error:503')]
    const key = 'sk-of-the-proxy-behind'
    const proxy = await startGateway(scope, {
      config: {
        model_list: [entry('m', 'hosted_vllm/m', good)],
        general_settings: { master_key: key },
      },
    })
    gateway = await startGateway(scope, {
      config: {
        model_list: [
          entry('plain', 'hosted_vllm/m', good),
          entry('wild/*', 'openai/*', good),
          entry('retried', 'hosted_vllm/m', bad, { order: 1 }),
          entry('retried', 'hosted_vllm/m', good, { order: 2 }),
          entry('stood', 'hosted_vllm/m', bad, { num_retries: 0 }),
          entry('kept', 'hosted_vllm/m', good),
          entry('proxied', 'litellm_proxy/m', `${proxy.url}/v1`, { api_key: key }),
          entry('text', 'text-completion-openai/m', good),
        ],
        // A server that fails each call is asked all the same.
        health: { interval_ms: 0, unhealthy_after: 1_000 },
        router_settings: {
          num_retries: 1,
          fallbacks: [{ stood: ['plain'] }],
          model_group_alias: { other: 'plain' },
          cooldown_time: 0,
        },
        litellm_settings: { cache: true, cache_params: { type: 'local', mode: 'default_off' } },
      },
    })
  })
  after(() => scope.close())

  async function ask(
    model: string,
    dialect: Dialect,
    streamed: boolean,
    extra: object,
  ): Promise<{ shown: Sampled; trace: Trace }> {
    const { path, ask: question } = DIALECTS[dialect]
    const body = {
      model,
      max_tokens: 6,
      stream: streamed,
      ...question,
      ...extra,
      ...(model === 'kept' ? { cache: { 'use-cache': true } } : {}),
    }
    const reply = await post(gateway.url + path, body)
    assert.equal(reply.status, 200, reply.body.toString())
    const trace = await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)
    return { shown: sampledIn(reply.body.toString()), trace: trace as Trace }
  }

  function check({ shown, trace }: { shown: Sampled; trace: Trace }, dialect: Dialect): void {
    assert.equal(shown.ids.length, 6)
    assert.equal(shown.logprobs.length, 6)
    assert.ok(shown.prompt.length > 0)
    assert.deepEqual(trace.completion_token_ids, shown.ids)
    assert.deepEqual(trace.logprobs, shown.logprobs)
    assert.deepEqual(trace.prompt_token_ids, shown.prompt)
    assert.equal(trace.dialect, dialect)
    assert.equal(trace.status, 'complete')
  }

  const forms = (['chat', 'completions'] as const).flatMap((dialect) =>
    [false, true].map((streamed) => ({ dialect, streamed })),
  )
  for (const { dialect, streamed } of forms) {
    const asking = { return_token_ids: true, logprobs: dialect === 'chat' ? true : 0 }
    for (const [model, how] of Object.entries(ROUTES)) {
      test(`${how}: ${dialect}${streamed ? ', streamed' : ''}`, async () => {
        if (model === 'kept') await ask(model, dialect, streamed, asking)
        const answer = await ask(model, dialect, streamed, asking)
        check(answer, dialect)
        assert.equal(answer.trace.cache?.hit ?? false, model === 'kept')
        assert.equal(answer.trace.attempts.length, ATTEMPTS[model] ?? 1)
      })
    }
  }

  for (const streamed of [false, true]) {
    test(`${TEXT}: chat${streamed ? ', streamed' : ''}`, async () => {
      const asking = { return_token_ids: true, logprobs: true }
      check(await ask('text', 'chat', streamed, asking), 'chat')
    })
  }

  test('and a caller that did not ask sees none, while the trace has them all the same', async () => {
    for (const [model, how] of [...Object.entries(ROUTES), ['text', TEXT] as const]) {
      if (model === 'proxied') continue // What is behind a proxy is not known to take such fields.
      for (const { dialect, streamed } of forms) {
        if (model === 'text' && dialect !== 'chat') continue
        const { shown, trace } = await ask(model, dialect, streamed, {})
        assert.deepEqual(shown, { prompt: [], ids: [], logprobs: [] }, `${how}, ${dialect}`)
        assert.equal(trace.completion_token_ids.length, 6, `${how}, ${dialect}`)
        assert.equal(trace.logprobs?.length, 6, `${how}, ${dialect}`)
      }
    }
  })
})

/** How many servers were asked, where it is not one. */
const ATTEMPTS: Readonly<Record<string, number>> = { retried: 2, stood: 2, kept: 0 }

test('ids that LiteLLM’s proxy has put elsewhere in its answer are in the trace', async (t) => {
  const upstream = await startUpstream(t)
  const moved = {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'so' },
        finish_reason: 'stop',
        provider_specific_fields: { token_ids: [7, 8], stop_reason: null },
      },
    ],
    prompt_token_ids: [1, 2],
    usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
  }
  upstream.play(single(JSON.stringify(moved)))
  const gateway = await startGateway(t, {
    config: { upstreams: [{ url: upstream.url, kind: 'vllm' }] },
  })
  const { path, ask } = DIALECTS.chat
  const reply = await post(gateway.url + path, { model: 'm', ...ask })
  const id = String(reply.headers['x-trace-id'])
  const trace = (await gateway.json(`/traces/${id}`)) as Trace
  assert.deepEqual(trace.completion_token_ids, [7, 8])
  assert.deepEqual(trace.prompt_token_ids, [1, 2])
  const { choices } = JSON.parse(reply.body.toString()) as { choices: readonly JsonObject[] }
  assert.deepEqual(choices[0]?.['provider_specific_fields'], { stop_reason: null })
})

function entry(name: string, model: string, base: string, extra: object = {}): object {
  return { model_name: name, litellm_params: { model, api_base: base, ...extra } }
}
