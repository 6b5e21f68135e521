import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AzureOpenAI } from 'openai'
import type { Trace } from 'sluice/plugin'
import { startManaged, type ManagedGateway, type Reply } from '../admin/managed-gateway.ts'
import { scrape } from '../metrics/exposition.ts'
import { createScope } from '../support/scope.ts'

const QUESTIONS = {
  '/chat/completions': {},
  '/completions': { messages: undefined, prompt: 'q' },
  '/embeddings': { messages: undefined, stream: undefined, input: 'q' },
} as const

describe('the path of a call', () => {
  const scope = createScope()
  let sluice: ManagedGateway
  let plain: ManagedGateway
  let key: string
  before(async () => {
    sluice = await startManaged(scope, {
      config: { routing: { litellm: true, model_aliases: { 'org/fast': 'a' } } },
    })
    plain = await startManaged(scope)
    key = await sluice.generate()
  })
  after(() => scope.close())

  /** The path that the server was asked at last, and the model it was asked for. */
  const sent = ({ worker }: ManagedGateway): readonly unknown[] => {
    const { path, body } = worker.server.seen.findLast(({ method }) => method === 'POST') ?? {}
    return [path, (JSON.parse(String(body)) as Record<string, unknown>)['model']]
  }
  const traceOf = async (reply: Reply): Promise<Trace> => {
    const id = String(reply.headers.get('x-trace-id'))
    return (await sluice.get(`/traces/${id}`)).body as unknown as Trace
  }

  for (const [path, body] of Object.entries(QUESTIONS)) {
    test(`may leave /v1 out, with any configuration: ${path}`, async () => {
      for (const gateway of [sluice, plain]) {
        const mine = gateway === sluice ? key : await plain.generate()
        assert.equal((await gateway.call(mine, { path, body })).status, 200)
        assert.deepEqual(sent(gateway), [`/v1${path}`, 'm'])
      }
    })

    test(`may name the model where LiteLLM's clients do: ${path}`, async () => {
      for (const prefix of ['/engines/org/a', '/openai/deployments/org%2Fa']) {
        const reply = await sluice.call(key, { path: prefix + path, body })
        assert.equal(reply.status, 200, prefix)
        assert.deepEqual(sent(sluice), [`/v1${path}`, 'org/a'])
      }
    })
  }

  test('is found by OpenAI’s client for Azure with only its endpoint changed', async () => {
    const client = new AzureOpenAI({
      endpoint: sluice.gateway.url,
      apiKey: key,
      apiVersion: '2024-10-21',
    })
    const messages = [{ role: 'user', content: 'q' }] as const
    const answer = await client.chat.completions.create({ model: 'a', messages: [...messages] })
    assert.equal(answer.choices[0]?.message.content, 'w')
    assert.deepEqual(sent(sluice), ['/v1/chat/completions?api-version=2024-10-21', 'a'])
  })

  test('comes before the body where both name a model, and the trace says who changed it', async () => {
    const path = '/openai/deployments/a/chat/completions?api-version=2024-10-21'
    const trace = await traceOf(await sluice.call(key, { path, model: 'other' }))
    assert.equal(trace.model, 'a')
    assert.deepEqual(trace.params_sent, { model: 'a' })
    assert.deepEqual(trace.changes, [{ plugin: 'sluice', hook: 'url', keys: ['model'] }])
    assert.deepEqual(sent(sluice), ['/v1/chat/completions?api-version=2024-10-21', 'a'])
  })

  test('tells calls with one idempotency key apart by the model it names', async () => {
    const headers = { 'idempotency-key': 'once' }
    const ask = async (model: string): Promise<string> => {
      const path = `/engines/${model}/chat/completions`
      await sluice.call(key, { path, body: { model: undefined }, headers })
      return String(sent(sluice)[1])
    }
    assert.deepEqual([await ask('one'), await ask('two')], ['one', 'two'])
    const calls = sluice.worker.calls
    await ask('one')
    assert.equal(sluice.worker.calls, calls, 'answered from its record')
  })

  test('may be all that names the model, which may be an alias', async () => {
    const path = '/engines/org/fast/chat/completions'
    assert.equal((await sluice.call(key, { path, body: { model: undefined } })).status, 200)
    assert.deepEqual(sent(sluice), ['/v1/chat/completions', 'a'])
  })

  test('needs a key, and one that may ask the model it names', async () => {
    const narrow = await sluice.generate({ models: ['a'] })
    const calls = sluice.worker.calls
    for (const path of ['/chat/completions', '/engines/a/chat/completions']) {
      assert.equal((await sluice.call(null, { path })).status, 401, path)
    }
    const ask = async (path: string, model: string): Promise<number> =>
      (await sluice.call(narrow, { path, model })).status
    assert.equal(await ask('/engines/b/chat/completions', 'a'), 403)
    assert.equal(await ask('/openai/deployments/b/embeddings', 'a'), 403)
    const { one } = await scrape(sluice.gateway.url)
    const refused = { requested_model: 'a', status_code: '403' }
    assert.throws(() => one('litellm_proxy_total_requests_metric_total', refused))
    assert.equal(sluice.worker.calls, calls)
    assert.equal(await ask('/engines/a/chat/completions', 'b'), 200)
  })

  test('names no model where the configuration is not LiteLLM’s, or where it cannot be read', async () => {
    const path = '/engines/a/chat/completions'
    assert.equal((await plain.call(await plain.generate(), { path })).status, 404)
    for (const [odd, status] of [
      ['/engines/%ff/completions', 400],
      ['/engines//completions', 404],
      ['/engines/a/files', 404],
    ] as const) {
      assert.equal((await sluice.call(key, { path: odd })).status, status, odd)
    }
  })
})
