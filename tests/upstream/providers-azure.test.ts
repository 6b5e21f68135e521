import assert from 'node:assert/strict'
import { test } from 'node:test'
import { providerFor } from '../../src/upstream/providers/index.ts'
import { loadFixture } from '../support/fixtures.ts'
import { single, startUpstream, stream } from '../support/scripted-upstream.ts'
import { chatCall, providedBy, send } from './providers-setup.ts'
import { textOf } from './setup.ts'

const V = '2024-10-21'

for (const [base, version, path, want] of [
  ['', V, '/v1/chat/completions', `/openai/deployments/gpt/chat/completions?api-version=${V}`],
  ['/', V, '/v1/embeddings?a=1', `/openai/deployments/gpt/embeddings?a=1&api-version=${V}`],
  ['/openai/', V, '/v1/completions', `/openai/deployments/gpt/completions?api-version=${V}`],
  [
    '/openai/deployments/own',
    V,
    '/v1/chat/completions',
    `/openai/deployments/own/chat/completions?api-version=${V}`,
  ],
  ['', V, '/v1/models', `/openai/models?api-version=${V}`],
  ['', V, '/v1/responses', `/openai/responses?api-version=${V}`],
  [
    '',
    V,
    '/v1/chat/completions?api-version=x',
    '/openai/deployments/gpt/chat/completions?api-version=x',
  ],
  ['/openai/v1', undefined, '/v1/chat/completions', '/openai/v1/chat/completions'],
  ['/openai/v1/', 'preview', '/v1/models', '/openai/v1/models?api-version=preview'],
] as const) {
  test(`${path} at a base that ends in "${base}" is ${want}`, async (t) => {
    const server = await startUpstream(t)
    server.play(single('{"a" : 1}'))
    const upstream = providedBy(t, 'azure', server.url + base, {
      ...(version === undefined ? {} : { apiVersion: version }),
      headers: { authorization: 'Bearer k', 'x-own': '1' },
    })
    const reply = await send(upstream, chatCall({ model: 'gpt', input: 'x' }, path))
    assert.equal(await textOf(reply), '{"a" : 1}')
    const [seen] = server.seen
    assert.equal(seen?.path, want)
    const { 'api-key': key, authorization, 'x-own': own } = seen?.headers ?? {}
    assert.deepEqual([key, authorization, own], ['k', undefined, '1'])
    assert.equal(String(seen?.body), '{"model":"gpt","input":"x"}')
  })
}

test('a deployment’s name is escaped in the path', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{}'))
  const upstream = providedBy(t, 'azure', server.url, { apiVersion: V })
  await textOf(await send(upstream, chatCall({ model: '../a b?' })))
  assert.equal(
    server.seen[0]?.path,
    `/openai/deployments/..%2Fa%20b%3F/chat/completions?api-version=${V}`,
  )
})

test('a token of Entra stays a bearer token', () => {
  const headers = { authorization: 'Bearer eyJhbGciOi.eyJpc3Mi.c2ln' }
  const provider = providerFor('azure', { url: 'http://h/openai/v1' })
  assert.deepEqual(provider?.headers(headers), headers)
})

test('a stream passes byte for byte, with its empty first choices', async (t) => {
  const { bytes } = loadFixture('azure-chat-stream-empty-first-choices.chunks.txt')
  const server = await startUpstream(t)
  server.play(stream([bytes]))
  const upstream = providedBy(t, 'azure', server.url, { apiVersion: V })
  const reply = await send(upstream, chatCall({ model: 'gpt', stream: true }))
  assert.equal(await textOf(reply), bytes.toString())
})

test('calls that name no deployment, and routes that Azure lacks, are refused', async (t) => {
  const server = await startUpstream(t)
  const upstream = providedBy(t, 'azure', server.url, { apiVersion: V })
  await assert.rejects(send(upstream, chatCall({})), { code: 'bad_body', param: 'model' })
  for (const path of ['/v1/messages', '/tokenize', '/v1/rerank']) {
    await assert.rejects(send(upstream, chatCall({}, path)), { code: 'route_not_found' })
  }
  const own = providedBy(t, 'azure', `${server.url}/openai/deployments/d`, { apiVersion: V })
  await assert.rejects(send(own, chatCall({}, '/v1/models')), { code: 'route_not_found' })
  assert.equal(server.seen.length, 0)
})

test('a base of the older API without a version is a fault of the configuration', () => {
  assert.throws(() => providerFor('azure', { url: 'https://x.openai.azure.com' }), {
    code: 'config_invalid',
    message: /api_version/,
  })
})
