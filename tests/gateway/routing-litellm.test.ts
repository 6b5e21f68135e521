import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { refuses } from './routing-setup.ts'
import { answeredBy, attemptsOf, startWorker, type ScriptedWorker } from './workers-setup.ts'

/** A deployment as LiteLLM's files have it. */
type Entry = readonly [model: string, worker: ScriptedWorker, params?: object]

interface Proxy {
  ask(model: string): Promise<RawReply>
  traceOf(reply: RawReply): Promise<Trace>
}

/** The real binary with these sections of LiteLLM's file. */
async function startProxy(
  t: TestContext,
  entries: readonly Entry[],
  router_settings: object,
): Promise<Proxy> {
  const gateway = await startGateway(t, {
    config: {
      model_list: entries.map(([model_name, worker, params = {}]) => ({
        model_name,
        litellm_params: { model: 'hosted_vllm/m', api_base: `${worker.url}/v1`, ...params },
      })),
      router_settings,
      health: { interval_ms: 0, unhealthy_after: 1_000 },
      store: { synchronous: 'off' },
    },
  })
  return {
    ask: (model) => post(`${gateway.url}/v1/chat/completions`, chat(false, { model })),
    traceOf: async (reply) =>
      (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace,
  }
}

describe("routing as LiteLLM's file says", () => {
  test('simple-shuffle gives 9 of 10 calls to a weight of 9, whoever has it', async (t) => {
    const [small, big] = [await startWorker(t, 'small'), await startWorker(t, 'big')]
    const proxy = await startProxy(
      t,
      [
        ['m', small, { weight: 1 }],
        ['m', big, { weight: 9 }],
      ],
      { routing_strategy: 'simple-shuffle' },
    )
    const rounds = 100
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => proxy.ask('m')))
    }
    // Over 1,000 calls chance alone would leave these bounds once in some hundred runs.
    const share = big.calls / (20 * rounds)
    assert.equal(big.calls + small.calls, 20 * rounds)
    assert.ok(share >= 0.87 && share <= 0.93, String(share))
  })

  test('a 429 of one goes to the other at once, and it is left alone for as long as it asks', async (t) => {
    const [busy, free] = [await startWorker(t, 'busy'), await startWorker(t, 'free')]
    // Were the time waited for, the test would not end.
    busy.play(refuses(429, 'slow down', { headers: { 'retry-after': '3600' } }))
    const proxy = await startProxy(
      t,
      [
        ['m', busy],
        ['m', free],
      ],
      { routing_strategy: 'least-busy', num_retries: 2, cooldown_time: 0.001 },
    )
    const replies = []
    while (busy.calls === 0) replies.push(await proxy.ask('m'))
    const [reply = assert.fail()] = replies.slice(-1)
    assert.equal(answeredBy(reply), 'free')
    assert.equal(reply.headers['x-litellm-attempted-retries'], '1')
    assert.equal(reply.headers['x-litellm-max-retries'], '2')
    assert.deepEqual(attemptsOf(await proxy.traceOf(reply)), ['slow down', 200])
    for (let at = 0; at < 20; at += 1) assert.equal(answeredBy(await proxy.ask('m')), 'free')
    assert.equal(busy.calls, 1)
  })

  test('fallbacks of fallbacks are five at most, and the first error is the answer', async (t) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const workers = await Promise.all(names.map((name) => startWorker(t, name)))
    for (const [at, worker] of workers.entries()) {
      worker.play(refuses(500 + (at % 4), `broken ${names[at]}`))
    }
    const fallbacks = names.slice(1).map((name, at) => ({ [names[at] ?? '']: [name] }))
    const proxy = await startProxy(
      t,
      workers.map((worker, at) => [names[at] ?? '', worker]),
      { num_retries: 0, fallbacks },
    )
    const reply = await proxy.ask('a')
    assert.equal(reply.status, 500)
    assert.match(reply.body.toString(), /broken a/)
    assert.equal(reply.headers['x-litellm-attempted-fallbacks'], '5')
    assert.deepEqual(
      workers.map(({ calls }) => calls),
      [1, 1, 1, 1, 1, 1, 0, 0],
    )
    const { attempts } = await proxy.traceOf(reply)
    assert.deepEqual(
      attempts.map(({ model }) => model ?? 'a'),
      names.slice(0, 6),
    )
  })
})
