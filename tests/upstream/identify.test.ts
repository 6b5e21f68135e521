import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identifyUpstream } from '../../src/upstream/identify.ts'
import { single, startUpstream, type Script } from '../support/scripted-upstream.ts'

const missing = single('{"detail":"Not Found"}', { status: 404 })

const modelsOf = (owner: string): string =>
  JSON.stringify({ object: 'list', data: [{ id: 'm', object: 'model', owned_by: owner }] })
const at = (url: string): { url: string; apiPath: string } => ({ url, apiPath: '/v1' })

/** A server that answers these paths and no others. */
function server(paths: Readonly<Record<string, string>>): Script {
  return (socket, request) => {
    const body = paths[request.path]
    return (body === undefined ? missing : single(body))(socket, request)
  }
}

for (const [what, paths, kind] of [
  ['vLLM by /version', { '/version': '{"version":"0.24.0"}' }, 'vllm'],
  ['the first vLLM with token ids', { '/version': '{"version":"0.10.2"}' }, 'vllm'],
  ['a vLLM before token ids', { '/version': '{"version":"0.10.1.1"}' }, 'vllm-old'],
  ['a development build of vLLM', { '/version': '{"version":"0.11.0rc2.dev12+gabc"}' }, 'vllm'],
  ['a vLLM with no readable version', { '/version': '{"version":"dev"}' }, 'vllm'],
  ['SGLang by /get_model_info', { '/get_model_info': '{"model_path":"m"}' }, 'sglang'],
  ['llama.cpp by /props', { '/props': '{"default_generation_settings":{}}' }, 'llamacpp'],
  ['vLLM of which only the API can be reached', { '/v1/models': modelsOf('vllm') }, 'vllm'],
  ['SGLang of which only the API can be reached', { '/v1/models': modelsOf('sglang') }, 'sglang'],
  ['a service with models of its own', { '/v1/models': modelsOf('someone') }, 'generic'],
  ['a server that is none of these', {}, 'generic'],
  [
    'a server that answers everything with a page',
    { '/version': '<html>', '/props': '<html>' },
    'generic',
  ],
] as const) {
  test(`${what} is told as ${kind}`, async (t) => {
    const upstream = await startUpstream(t)
    upstream.play(server(paths))
    assert.equal(
      await identifyUpstream(at(upstream.url), {}, 1_000, new AbortController().signal),
      kind,
    )
  })
}

test('OpenAI is known by its name and never asked', async () => {
  const signal = new AbortController().signal
  assert.equal(await identifyUpstream(at('https://api.openai.com'), {}, 1, signal), 'openai')
  assert.equal(await identifyUpstream(at('https://team.openai.azure.com'), {}, 1, signal), 'openai')
})

test('a server that cannot be reached stays unknown', async () => {
  assert.equal(
    await identifyUpstream(at('http://127.0.0.1:1'), {}, 500, new AbortController().signal),
    null,
  )
})

test('the list of models is looked for where the API is', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(server({ '/serve/llm/models': modelsOf('vllm') }))
  const place = { url: upstream.url, apiPath: '/serve/llm' }
  assert.equal(await identifyUpstream(place, {}, 1_000, new AbortController().signal), 'vllm')
})

for (const status of [502, 503, 504]) {
  test(`a server that is still starting behind a proxy (${status}) stays unknown`, async (t) => {
    const upstream = await startUpstream(t)
    upstream.play(single('starting', { status }))
    const { signal } = new AbortController()
    assert.equal(await identifyUpstream(at(upstream.url), {}, 1_000, signal), null)
  })
}

test('a server that is too busy to answer the first question stays unknown', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(() => {}, missing)
  const { signal } = new AbortController()
  assert.equal(await identifyUpstream(at(upstream.url), {}, 200, signal), null)
})

test('a redirect is no answer and is not followed', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single('', { status: 302, headers: { location: '/version2' } }))
  assert.equal(
    await identifyUpstream(at(upstream.url), {}, 1_000, new AbortController().signal),
    'generic',
  )
})

test('a server that wants its key gets it with the question', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play((socket, request) => {
    const open = request.headers['authorization'] === 'Bearer k'
    return single(open ? '{"version":"0.24.0"}' : '{"error":"Unauthorized"}', {
      status: open ? 200 : 401,
    })(socket, request)
  })
  const { signal } = new AbortController()
  assert.equal(
    await identifyUpstream(at(upstream.url), { authorization: 'Bearer k' }, 1_000, signal),
    'vllm',
  )
})
