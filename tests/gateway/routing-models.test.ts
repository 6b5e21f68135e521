import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodiesOf, routedGateway } from './routing-setup.ts'
import { answeredBy, errorOf, startWorker } from './workers-setup.ts'

test('a server is sent its own name of the model, and the trace says who changed it', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [
    { url: worker.url, models: ['m'], send_model: 'org/model-7b' },
  ])
  const trace = await gateway.traceOf(await gateway.ask('m'))
  assert.equal(bodiesOf(worker)[0]?.['model'], 'org/model-7b')
  assert.equal(trace.model, 'm')
  assert.equal(trace.params_sent['model'], 'org/model-7b')
  assert.deepEqual(trace.changes, [{ plugin: 'sluice', hook: 'route', keys: ['model'] }])
})

test('nothing is changed for an upstream that is to have the call as it is', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url, models: ['m'] }])
  const trace = await gateway.traceOf(await gateway.ask('m', { num_retries: 3, tags: ['x'] }))
  assert.deepEqual(trace.changes, [])
  assert.deepEqual(bodiesOf(worker)[0]?.['num_retries'], 3, 'a field like any other')
})

test('the exact name comes before patterns, and of these the most specific', async (t) => {
  const workers = await Promise.all(['all', 'gpt', 'exact'].map((name) => startWorker(t, name)))
  const [all, gpt, exact] = workers.map(({ url }) => url)
  const gateway = await routedGateway(t, [
    { url: all, models: ['*'], send_model: '*' },
    { url: gpt, models: ['gpt-*'], send_model: 'openai/gpt-*' },
    { url: exact, models: ['gpt-4'] },
  ])
  assert.equal(answeredBy(await gateway.ask('gpt-4')), 'exact')
  assert.equal(answeredBy(await gateway.ask('gpt-5')), 'gpt')
  assert.equal(answeredBy(await gateway.ask('qwen')), 'all')
  const sent = workers.map((worker) => bodiesOf(worker)[0]?.['model'])
  assert.deepEqual(sent, ['qwen', 'openai/gpt-5', 'gpt-4'])
})

test('an alias is another name of a model', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url, models: ['m'] }], {
    model_aliases: { fast: 'm', slow: { model: 'm', hidden: true } },
  })
  await gateway.ask('fast')
  await gateway.ask('slow')
  assert.deepEqual(
    bodiesOf(worker).map(({ model }) => model),
    ['m', 'm'],
  )
  assert.equal(errorOf(await gateway.ask('other')), 'model_not_found')
})

test('defaults give way to the caller, extra_body does not, and dropped params are gone', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [
    {
      url: worker.url,
      params: { temperature: 0.1, top_p: 0.2 },
      extra_body: { top_k: 3 },
      drop_params: ['seed'],
    },
  ])
  await gateway.ask('m', { temperature: 0.9, top_k: 1, seed: 4 })
  const [body] = bodiesOf(worker)
  assert.deepEqual(
    [body?.['temperature'], body?.['top_p'], body?.['top_k'], body && 'seed' in body],
    [0.9, 0.2, 3, false],
  )
})

test("an upstream's own deadline ends its attempt", async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(() => {})
  const gateway = await routedGateway(t, [{ url: worker.url, timeout_ms: 50 }])
  const reply = await gateway.ask()
  assert.deepEqual([reply.status, errorOf(reply)], [504, 'upstream_timeout'])
})

test('with a LiteLLM configuration its fields are taken out and its headers answered', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url, models: ['m'] }], { litellm: true })
  const reply = await gateway.ask('m', { num_retries: 1, tags: ['x'], fallbacks: ['n'] })
  const body = bodiesOf(worker)[0] ?? {}
  assert.deepEqual(Object.keys(body).toSorted(), ['messages', 'model', 'stream'])
  assert.deepEqual(
    Object.entries(reply.headers).filter(([name]) => /attempted|max-|group|base/.test(name)),
    [
      ['x-litellm-model-group', 'm'],
      ['x-litellm-attempted-retries', '0'],
      ['x-litellm-attempted-fallbacks', '0'],
      ['x-litellm-max-retries', '0'],
      ['x-litellm-max-fallbacks', '5'],
      ['x-litellm-model-api-base', worker.url],
    ],
  )
})

test('a caller cannot name the server that is asked instead', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url }], { litellm: true })
  const fallbacks = [{ model: 'm', api_base: 'http://169.254.169.254' }]
  const reply = await gateway.ask('m', { fallbacks })
  assert.equal(errorOf(reply), 'bad_body')
  assert.equal(worker.calls, 0)
})
