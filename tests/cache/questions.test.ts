import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { startWithFile } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

describe('two calls are the same question', () => {
  const scope = createScope()
  let caching: CachingGateway
  let seed = 0

  before(async () => {
    caching = await startCaching(scope, {
      config: {
        routing: { model_aliases: { nick: 'm' } },
        cache: { kind: 'memory', dialects: ['chat', 'embeddings'] },
      },
    })
    caching.upstream.play(single(completion('one')))
  })
  after(() => scope.close())

  /** What the cache says about the second of two calls. */
  async function second(one: object, other: object): Promise<string | undefined> {
    const { ask } = caching
    seed += 1
    await ask({ ...chat(false), seed, ...one })
    return saidOf(await ask({ seed, ...chat(false), ...other }))
  }

  test('whatever they say in metadata, and by whatever name they call the model', async () => {
    assert.equal(await second({ metadata: { run: '1' } }, { metadata: { run: '2' } }), 'hit')
    assert.equal(await second({ model: 'nick' }, {}), 'hit')
    assert.equal(await second({ temperature: 1.0 }, { temperature: 1 }), 'hit')
  })

  test('only with the same fields, also those that only some engines know', async () => {
    for (const field of [
      { top_k: 3 },
      { guided_json: { type: 'object' } },
      { chat_template_kwargs: { enable_thinking: false } },
      { return_token_ids: true },
      { user: 'u' },
      { stream: true },
      { cache_salt: 's' },
      { model: 'other' },
    ]) {
      assert.equal(await second(field, {}), 'miss', JSON.stringify(field))
      assert.equal(await second({}, field), 'miss', JSON.stringify(field))
    }
  })

  test('only at the same path', async () => {
    const { ask } = caching
    const body = chat(false, { seed: -1 })
    await ask(body)
    assert.equal(saidOf(await ask(body, {}, '/v1/chat/completions?beta=1')), 'miss')
    assert.equal(saidOf(await ask(body)), 'hit')
  })

  test('of an API that is cached', async () => {
    const { ask, upstream } = caching
    const prompt = { model: 'm', prompt: 'q', cache: { 'no-cache': true } }
    assert.equal(saidOf(await ask(prompt, {}, '/v1/completions')), undefined)
    assert.equal('cache' in JSON.parse(String(upstream.seen.at(-1)?.body)), false)
    upstream.play(single('{"object":"list","data":[{"embedding":[1],"index":0}],"model":"m"}'))
    const input = { model: 'm', input: 'q' }
    const first = await ask(input, {}, '/v1/embeddings')
    const again = await ask(input, {}, '/v1/embeddings')
    assert.deepEqual([saidOf(first), saidOf(again)], ['miss', 'hit'])
    assert.deepEqual(again.body, first.body)
    upstream.play(single(completion('one')))
  })
})

test('what lives on at its server is never given again', async (t) => {
  const { upstream, ask } = await startCaching(t)
  upstream.play(single('{"id":"resp_1","object":"response","status":"completed","output":[]}'))
  for (const field of [{ background: true }, { conversation: 'conv_1' }]) {
    const body = { model: 'm', input: 'q', ...field }
    await ask(body, {}, '/v1/responses')
    assert.equal(saidOf(await ask(body, {}, '/v1/responses')), undefined)
  }
  const plain = { model: 'm', input: 'q', metadata: { a: '1' } }
  await ask(plain, {}, '/v1/responses')
  assert.equal(saidOf(await ask(plain, {}, '/v1/responses')), 'hit')
  const other = { ...plain, metadata: { a: '2' } }
  assert.equal(saidOf(await ask(other, {}, '/v1/responses')), 'miss')
})

test('a body that says a param twice is nobody’s question', async (t) => {
  const { upstream, ask, gateway } = await startCaching(t)
  upstream.play(single(completion('cold')))
  const twice = JSON.stringify(chat(false)).replace('{', '{"temperature":0,"temperature":1,')
  const reply = await post(`${gateway.url}/v1/chat/completions`, twice)
  assert.deepEqual([reply.status, saidOf(reply)], [200, undefined])
  assert.equal(saidOf(await ask(chat(false, { temperature: 1 }))), 'miss')
})

test('where tags choose the upstream, nobody gets an answer for other tags', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('one')))
  const entry = { url: upstream.url, kind: 'generic', models: ['m'] }
  const { ask } = await startCaching(t, {
    upstream,
    config: {
      upstreams: [
        { ...entry, name: 'paid', tags: ['paid'] },
        { ...entry, name: 'free', tags: ['free'] },
      ],
      routing: { tag_filtering: 'any' },
    },
  })
  const tagged = (tags: string): ReturnType<typeof ask> =>
    ask(chat(false), { 'x-sluice-tags': tags })
  assert.equal(saidOf(await tagged('paid')), 'miss')
  assert.equal(saidOf(await tagged('free')), 'miss')
  assert.equal((await tagged('other')).status, 401)
  assert.equal(saidOf(await tagged('paid')), 'hit')
})

test('a model that nobody serves any more is not answered from the cache', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('one')))
  const entry = { url: upstream.url, kind: 'generic', name: 'up' }
  const { gateway, ask } = await startCaching(t, {
    upstream,
    entry: { models: ['m'] },
    config: { admin_token: 'secret' },
  })
  await ask(chat(false))
  const config_yaml = JSON.stringify({ upstreams: [{ ...entry, models: ['other'] }] })
  const key = { authorization: 'Bearer secret' }
  await post(`${gateway.url}/admin/reload`, { config_yaml }, key)
  assert.equal((await ask(chat(false))).status, 404)
})

test('an upstream that is told something else now is asked anew', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('one')))
  const { gateway, ask } = await startCaching(t, {
    upstream,
    entry: { params: { top_p: 0.5 } },
    config: { admin_token: 'secret' },
  })
  await ask(chat(false))
  assert.equal(saidOf(await ask(chat(false))), 'hit')
  const entry = { url: upstream.url, kind: 'generic', name: 'up', params: { top_p: 0.9 } }
  const config_yaml = JSON.stringify({ upstreams: [entry] })
  const key = { authorization: 'Bearer secret' }
  const reloaded = await post(`${gateway.url}/admin/reload`, { config_yaml }, key)
  assert.equal(reloaded.status, 200)
  assert.equal(saidOf(await ask(chat(false))), 'miss')
  assert.equal(saidOf(await ask(chat(false))), 'hit')
})

test('fields that steer LiteLLM are no part of the question where they steer', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('one')))
  const dir = mkdtempSync(join(tmpdir(), 'sluice-cache-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'config.yaml')
  const config = {
    model_list: [
      { model_name: 'm', litellm_params: { model: 'openai/m', api_base: upstream.url } },
    ],
    litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 60, namespace: 'team' } },
    port: 0,
    store: { path: join(dir, 'traces.db') },
    health: { interval_ms: 0 },
  }
  writeFileSync(file, JSON.stringify(config))
  const gateway = await startWithFile(t, file)
  const ask = (extra: object): ReturnType<typeof post> =>
    post(`${gateway.url}/v1/chat/completions`, chat(false, extra))
  const first = await ask({ num_retries: 1, tags: ['a'] })
  const second = await ask({ num_retries: 2, cache: { ttl: 5 } })
  assert.match(String(first.headers['x-litellm-cache-key']), /^team:[0-9a-f]{64}$/)
  assert.equal(second.headers['x-litellm-cache-key'], first.headers['x-litellm-cache-key'])
  assert.deepEqual([saidOf(first), saidOf(second)], ['miss', 'hit'])
})
