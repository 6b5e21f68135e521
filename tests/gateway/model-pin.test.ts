import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { folderWith } from './plugin-folder.ts'

async function start(t: TestContext, config: object) {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('hi')))
  const upstreams = [{ url: upstream.url, kind: 'generic' }]
  const gateway = await startGateway(t, { config: { upstreams, ...config } })
  return {
    gateway,
    sent: async (body: object, path = 'chat/completions') => {
      await post(`${gateway.url}/sessions/s/v1/${path}`, body)
      return JSON.parse(String(upstream.seen.at(-1)?.body)) as Record<string, unknown>
    },
    lastTrace: async () => {
      const trace = ((await gateway.json('/sessions/s/traces')) as Trace[]).at(-1)
      assert.ok(trace)
      return trace
    },
  }
}

test('a pinned model takes the place of any other, in every dialect that names one', async (t) => {
  const { sent } = await start(t, { model: 'pinned' })
  assert.deepEqual(await sent(chat(false)), { ...chat(false), model: 'pinned' })
  assert.deepEqual(await sent({ messages: [] }), { messages: [], model: 'pinned' })
  for (const [path, body] of [
    ['completions', { model: 'm', prompt: 'p' }],
    ['responses', { model: 'm', input: 'p' }],
    ['messages', { model: 'm', messages: [] }],
    ['embeddings', { model: 'm', input: 'p' }],
  ] as const) {
    assert.deepEqual(await sent(body, path), { ...body, model: 'pinned' }, path)
  }
  const other = { model: 'm', query: 'p' }
  assert.deepEqual(await sent(other, 'rerank'), other)
})

test('a pinned model is on the trace as a change of the gateway', async (t) => {
  const { sent, lastTrace } = await start(t, { model: 'pinned' })
  await sent(chat(false))
  const trace = await lastTrace()
  assert.deepEqual(trace.changes, [{ plugin: 'sluice', hook: 'model', keys: ['model'] }])
  assert.deepEqual(trace.params_sent, { model: 'pinned' })
  assert.equal(trace.raw_request?.['model'], 'm')

  await sent(chat(false, { model: 'pinned' }))
  assert.deepEqual((await lastTrace()).changes, [])
})

test('the sampling params of a session stand above a pinned model', async (t) => {
  const { gateway, sent, lastTrace } = await start(t, { model: 'pinned' })
  await gateway.json('/sessions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_id: 's', sampling_params: { model: 'own', top_k: 1 } }),
  })
  assert.deepEqual(await sent(chat(false)), { ...chat(false), model: 'own', top_k: 1 })
  assert.deepEqual(
    (await lastTrace()).changes.map(({ hook, keys }) => [hook, keys]),
    [
      ['model', ['model']],
      ['sampling_params', ['model', 'top_k']],
    ],
  )
})

test('plugins see what was set, and what the caller sent as it was', async (t) => {
  const dir = folderWith(t, {
    'seer.ts': `export default {
      name: 'seer',
      setup: () => ({
        params: (params, call) => ({ ...params, seen: params.model + '<' + call.received.model }),
      }),
    }`,
  })
  const plugins = ['tracing', 'seer', 'stream-accumulator']
  const { sent, lastTrace } = await start(t, {
    model: 'pinned',
    plugins,
    plugins_dir: join(dir, 'plugins'),
  })
  assert.deepEqual(await sent(chat(false)), { ...chat(false), model: 'pinned', seen: 'pinned<m' })
  assert.deepEqual(
    (await lastTrace()).changes.map(({ plugin, hook }) => [plugin, hook]),
    [
      ['sluice', 'model'],
      ['seer', 'params'],
    ],
  )
})

test('the project of the configuration is on every trace', async (t) => {
  const { sent, lastTrace } = await start(t, { project: 'my-run' })
  await sent(chat(false))
  assert.equal((await lastTrace()).extra['project'], 'my-run')
})
