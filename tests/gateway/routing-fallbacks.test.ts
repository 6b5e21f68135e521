import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { bodiesOf, refuses, routedGateway, type Routed } from './routing-setup.ts'
import {
  answeredBy,
  attemptsOf,
  errorOf,
  startWorker,
  type ScriptedWorker,
} from './workers-setup.ts'

const TOO_LONG =
  "You passed 9001 input tokens and requested 16 output tokens. However, the model's context length is only 8192 tokens"

interface Stand {
  readonly gateway: Routed
  readonly workers: Readonly<Record<'a' | 'b' | 'c', ScriptedWorker>>
}

/** Three models, each at a worker of its name. */
async function stand(t: TestContext, routing: Record<string, unknown>): Promise<Stand> {
  const [a, b, c] = [
    await startWorker(t, 'a'),
    await startWorker(t, 'b'),
    await startWorker(t, 'c'),
  ]
  const upstreams = Object.entries({ a, b, c }).map(([name, { url }]) => ({ url, models: [name] }))
  return { gateway: await routedGateway(t, upstreams, routing), workers: { a, b, c } }
}

describe('a model that fails', () => {
  test('is stood in for by the next, and the trace tells both attempts with their models', async (t) => {
    const { gateway, workers } = await stand(t, { fallbacks: { a: ['b'] }, litellm: true })
    workers.a.play(refuses(500, 'broken'))
    const reply = await gateway.ask('a')
    assert.equal(answeredBy(reply), 'b')
    assert.equal(reply.headers['x-litellm-attempted-fallbacks'], '1')
    assert.equal(reply.headers['x-litellm-model-group'], 'a')
    assert.equal(bodiesOf(workers.b)[0]?.['model'], 'b')
    const trace = await gateway.traceOf(reply)
    assert.equal(trace.model, 'a')
    assert.deepEqual(attemptsOf(trace), ['broken', 200])
    assert.deepEqual(
      trace.attempts.map(({ model }) => model),
      [undefined, 'b'],
    )
    assert.deepEqual(trace.params_sent, { model: 'b' })
  })

  test('gives its own error when all others fail as well, and the trace is about that', async (t) => {
    const { gateway, workers } = await stand(t, { fallbacks: { a: ['b'], b: ['c'] } })
    for (const [name, status] of [
      ['a', 500],
      ['b', 503],
      ['c', 429],
    ] as const) {
      workers[name].play(refuses(status, `broken ${name}`))
    }
    const reply = await gateway.ask('a')
    assert.equal(reply.status, 500)
    assert.match(reply.body.toString(), /broken a/)
    const trace = await gateway.traceOf(reply)
    assert.deepEqual(attemptsOf(trace), [500, 'broken b', 'broken c'])
    assert.equal(trace.upstream?.url, workers.a.url)
    assert.deepEqual(trace.params_sent, {})
  })

  test('that cannot be reached, or does not exist, is stood in for as well', async (t) => {
    const { gateway } = await stand(t, { default_fallbacks: ['c'] })
    assert.equal(answeredBy(await gateway.ask('nobody')), 'c')
  })

  test('asks no model twice', async (t) => {
    const { gateway, workers } = await stand(t, { fallbacks: { a: ['b', 'a'], b: ['a', 'c'] } })
    for (const name of ['a', 'b', 'c'] as const) workers[name].play(refuses(500))
    assert.equal((await gateway.ask('a')).status, 500)
    assert.deepEqual([workers.a.calls, workers.b.calls, workers.c.calls], [1, 1, 1])
  })

  test('asks no more models than it may', async (t) => {
    const { gateway, workers } = await stand(t, {
      fallbacks: { a: ['b', 'a'], b: ['a', 'c'] },
      max_fallbacks: 1,
    })
    for (const name of ['a', 'b', 'c'] as const) workers[name].play(refuses(500))
    assert.equal((await gateway.ask('a')).status, 500)
    assert.deepEqual([workers.a.calls, workers.b.calls, workers.c.calls], [1, 1, 0])
  })

  test('is not stood in for once its answer has begun', async (t) => {
    const { gateway, workers } = await stand(t, { fallbacks: { a: ['b'] }, retries: 2 })
    workers.a.play((socket) => {
      const head =
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{'
      socket.write(head, () => setImmediate(() => socket.resetAndDestroy()))
    })
    assert.notEqual((await gateway.ask('a').catch(() => ({ status: 0 }))).status, 200)
    assert.equal(workers.b.calls, 0)
  })
})

describe('a prompt that is too long', () => {
  for (const [how, reply] of [
    ["in today's words of vLLM", refuses(400, TOO_LONG)],
    ['by its parameter', refuses(400, 'no', { param: 'input_tokens' })],
    ["in OpenAI's words", refuses(400, "This model's maximum context length is 8192 tokens.")],
  ] as const) {
    test(`goes to the list of its own (${how})`, async (t) => {
      const { gateway, workers } = await stand(t, {
        fallbacks: { a: ['b'] },
        context_window_fallbacks: { a: ['c'] },
        retries: 2,
      })
      workers.a.play(reply)
      assert.equal(answeredBy(await gateway.ask('a')), 'c')
      assert.deepEqual([workers.a.calls, workers.b.calls], [1, 0])
    })
  }

  test('is refused where that list does not know the model', async (t) => {
    const { gateway, workers } = await stand(t, {
      fallbacks: { a: ['b'] },
      context_window_fallbacks: { b: ['c'] },
    })
    workers.a.play(refuses(400, TOO_LONG))
    assert.equal((await gateway.ask('a')).status, 400)
    assert.equal(workers.b.calls, 0)
  })

  test('is found before it is sent, where the upstreams say how much they take', async (t) => {
    const worker = await startWorker(t, 'short')
    const gateway = await routedGateway(
      t,
      [{ url: worker.url, models: ['m'], info: { max_input_tokens: 10 } }],
      { pre_call_checks: true },
    )
    const messages = [{ role: 'user', content: 'word '.repeat(100) }]
    const reply = await gateway.ask('m', { messages })
    assert.deepEqual([reply.status, errorOf(reply)], [400, 'context_length_exceeded'])
    assert.equal(worker.calls, 0)
    assert.equal((await gateway.ask('m')).status, 200)
  })
})

test('what the model will not answer goes to its own list', async (t) => {
  const { gateway, workers } = await stand(t, { content_policy_fallbacks: { '*': ['b'] } })
  workers.a.play(refuses(400, 'It violates our content policy.'))
  assert.equal(answeredBy(await gateway.ask('a')), 'b')
})

test('a caller of LiteLLM says who is asked instead, or that nobody is', async (t) => {
  const { gateway, workers } = await stand(t, { fallbacks: { a: ['b'] }, litellm: true })
  workers.a.play(refuses(500))
  assert.equal((await gateway.ask('a', { disable_fallbacks: true })).status, 500)
  const fallbacks = [{ model: 'c', temperature: 0.5 }]
  assert.equal(answeredBy(await gateway.ask('a', { fallbacks })), 'c')
  assert.equal(bodiesOf(workers.c)[0]?.['temperature'], 0.5)
})
