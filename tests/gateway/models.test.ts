import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeMetadataSlug } from 'sluice/client'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

interface List {
  readonly object: string
  readonly data: readonly Record<string, unknown>[]
}

const entry = (id: string): object => ({
  id,
  object: 'model',
  created: 1_677_610_602,
  owned_by: 'openai',
})

/** As vLLM shows a model: with its root and how much it takes. */
const QWEN = {
  id: 'Qwen/Qwen3-8B',
  object: 'model',
  created: 1_780_000_000,
  owned_by: 'vllm',
  root: '/models/qwen',
  max_model_len: 32_768,
}

const listOf = (...data: readonly unknown[]): string => JSON.stringify({ object: 'list', data })

async function idsAt(gateway: RunningGateway, path: string): Promise<readonly unknown[]> {
  return ((await gateway.json(path)) as List).data.map(({ id }) => id)
}

describe('the list of models of a lone server', () => {
  const scope = createScope()
  let upstream: ScriptedUpstream
  before(async () => {
    upstream = await startUpstream(scope)
    upstream.play(single(listOf(QWEN)))
  })
  after(() => scope.close())

  test('is what the server says, byte by byte', async () => {
    const upstreams = [{ url: upstream.url, kind: 'generic', models: ['mine'] }]
    const gateway = await startGateway(scope, { config: { upstreams } })
    const reply = await fetch(`${gateway.url}/v1/models?limit=3`)
    assert.equal(await reply.text(), listOf(QWEN))
    assert.equal(upstream.seen.at(-1)?.path, '/v1/models?limit=3')
  })

  test('has the aliases beside what the server says, where there are any', async () => {
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    const routing = { model_aliases: { fast: QWEN.id } }
    const gateway = await startGateway(scope, { config: { upstreams, routing } })
    assert.deepEqual(await idsAt(gateway, '/v1/models'), [QWEN.id, 'fast'])
  })

  test("is the gateway's own in a LiteLLM configuration, which names models itself", async () => {
    const before = upstream.seen.length
    const upstreams = [{ url: upstream.url, kind: 'generic', models: ['mine', 'team/*'] }]
    const config = { upstreams, routing: { litellm: true } }
    const gateway = await startGateway(scope, { config })
    assert.deepEqual(await gateway.json('/v1/models'), { data: [entry('mine')], object: 'list' })
    const info = (await gateway.json('/v1/model/info')) as { data: readonly object[] }
    assert.deepEqual(
      info.data.map((row) => 'model_name' in row && row.model_name),
      ['mine', 'team/*'],
    )
    assert.equal(upstream.seen.length, before)
  })

  test("is the gateway's own for a virtual key, as far as it may ask", async () => {
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    upstream.play(single(listOf(QWEN, entry('other'))))
    const keys = { master_key: 'sk-master' }
    const gateway = await startGateway(scope, { config: { upstreams, keys } })
    const master = { authorization: 'Bearer sk-master', 'content-type': 'application/json' }
    const body = JSON.stringify({ models: ['Qwen/*'] })
    const made = await gateway.json('/key/generate', { method: 'POST', headers: master, body })
    const { key } = made as { key: string }
    const headers = { authorization: `Bearer ${key}` }
    const seen = upstream.next()
    const listed = await gateway.json('/v1/models', { headers })
    assert.deepEqual(listed, { data: [QWEN], object: 'list' })
    assert.ok(!JSON.stringify((await seen).headers).includes(key))
    upstream.play(single(listOf(QWEN)))
  })

  test('does not take /v1/model/info from a LiteLLM proxy that stands behind', async () => {
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    const gateway = await startGateway(scope, { config: { upstreams } })
    assert.equal(await (await fetch(`${gateway.url}/v1/model/info`)).text(), listOf(QWEN))
  })
})

describe('the list of models of several servers', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let asked: ScriptedUpstream
  before(async () => {
    asked = await startUpstream(scope)
    asked.play(single(listOf(QWEN, entry('shared'), 'no entry', { object: 'model' })))
    const named = await startUpstream(scope)
    const refusing = await startUpstream(scope)
    refusing.play(single('{"error":{"message":"no"}}', { status: 500 }))
    const garbled = await startUpstream(scope)
    garbled.play(single('<html>'))
    const gone = await startUpstream(scope)
    gone.play((socket) => socket.resetAndDestroy())
    gateway = await startGateway(scope, {
      config: {
        upstreams: [
          { url: named.url, kind: 'generic', models: ['shared', 'org/b', 'x/*'] },
          { url: asked.url, kind: 'generic', api_key: 'sk-server' },
          ...[refusing, garbled, gone].map(({ url }) => ({ url, kind: 'generic' })),
        ],
        routing: {
          model_aliases: {
            fast: 'shared',
            secret: { model: 'shared', hidden: true },
            shown: { model: 'org/b', hidden: false },
          },
        },
      },
    })
  })
  after(() => scope.close())

  test('has the names as configured, then what servers say of themselves, then aliases', async () => {
    assert.deepEqual(await gateway.json('/v1/models'), {
      data: [entry('shared'), entry('org/b'), QWEN, entry('fast'), entry('shown')],
      object: 'list',
    })
  })

  test('is asked for with the key of the server and without that of the caller', async () => {
    const headers = { authorization: 'Bearer sk-caller', 'if-none-match': '"1"' }
    const seen = asked.next()
    const reply = await fetch(`${gateway.url}/v1/models`, { headers })
    assert.equal(reply.status, 200)
    const { headers: sent } = await seen
    assert.deepEqual(
      [sent['authorization'], sent['if-none-match']],
      ['Bearer sk-server', undefined],
    )
  })

  test('has the patterns where they are asked for', async () => {
    const ids = await idsAt(gateway, '/v1/models?return_wildcard_routes=true')
    assert.deepEqual(ids, ['shared', 'org/b', 'x/*', QWEN.id, 'fast', 'shown'])
  })

  for (const path of [
    '/models',
    '/v1/models/',
    '/sessions/a/b/v1/models',
    `/meta/${encodeMetadataSlug({ session_name: 's' })}/v1/models`,
  ]) {
    test(`is at ${path.slice(0, 30)} as well, and leaves no trace`, async () => {
      const reply = await fetch(gateway.url + path)
      assert.equal(((await reply.json()) as List).data.length, 5)
      assert.equal(reply.headers.get('x-trace-id'), null)
    })
  }

  test('has each model by its name, also one with slashes', async () => {
    assert.deepEqual(await gateway.json('/v1/models/org/b'), entry('org/b'))
    assert.deepEqual(await gateway.json(`/models/${encodeURIComponent(QWEN.id)}`), QWEN)
    assert.deepEqual(await gateway.json('/v1/models/x/whatever'), entry('x/whatever'))
  })

  test('has no model that nobody serves, and says so', async () => {
    for (const id of ['nobody', 'secret', 'x']) {
      const reply = await fetch(`${gateway.url}/v1/models/${id}`)
      const { error } = (await reply.json()) as { error: Record<string, unknown> }
      assert.deepEqual([reply.status, error['code']], [404, 'model_not_found'])
      assert.match(String(error['message']), new RegExp(`"${id}"`))
    }
  })

  test('leaves out a server that keeps silent', async () => {
    asked.play(() => {})
    const ids = await idsAt(gateway, '/v1/models')
    assert.deepEqual(ids, ['shared', 'org/b', 'fast', 'shown'])
  })

  test('leaves out a server whose list has no end, and does not keep what came of it', async () => {
    const spaces = Buffer.alloc(65_536, ' ')
    let sent = 0
    asked.play(async (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n')
      socket.write('content-length: 9007199254740991\r\n\r\n')
      while (!socket.destroyed) {
        await new Promise((written) => socket.write(spaces, written))
        sent += spaces.length
      }
    })
    const ids = await idsAt(gateway, '/v1/models')
    assert.deepEqual(ids, ['shared', 'org/b', 'fast', 'shown'])
    assert.ok(sent < 64_000_000, `${sent} bytes were taken`)
  })
})
