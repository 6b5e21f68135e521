import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'

/** What a team would write: its own tracer, in one file, with a setting and a helper beside it. */
const MY_TRACER = `
import { appendFileSync } from 'node:fs'
import { definePlugin, isObject, type FullTrace } from 'sluice/plugin'
import { encodeMetadataSlug } from 'sluice/client'
import { line } from './helper/line.ts'

export default definePlugin({
  name: 'my-tracer',
  config: { type: 'object', properties: { file: { type: 'string' } }, required: ['file'] },
  setup: ({ config }) => ({
    save(trace: FullTrace): void {
      appendFileSync(config.file, line({ id: trace.trace_id, said: trace.response_message, door: isObject(trace) && encodeMetadataSlug({}) }))
    },
  }),
})
`
const HELPER = `export const line = (value: object): string => JSON.stringify(value) + '\\n'\n`

interface Started {
  readonly gateway: RunningGateway
  readonly upstream: ScriptedUpstream
}

async function start(t: TestContext, dir: string, plugins: unknown): Promise<Started> {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('well')))
  const upstreams = [{ url: upstream.url, kind: 'generic', name: 'up' }]
  const gateway = await startGateway(t, {
    dir,
    config: { upstreams, plugins, store: { synchronous: 'off' } },
  })
  return { gateway, upstream }
}

describe('plugins of a team, from a folder outside the package', { concurrency: 2 }, () => {
  test('a tracer that is dropped in and named saves to its file, and the built-in one to its own', async (t) => {
    const dir = folderWith(t, { 'my-tracer.ts': MY_TRACER, 'helper/line.ts': HELPER })
    const file = join(dir, 'mine.jsonl')
    const { gateway } = await start(t, dir, [...BUILT_IN, { use: 'my-tracer', config: { file } }])
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(false))
    const id = String(reply.headers['x-trace-id'])
    // It is awaited before the answer's ending, so the line is there now.
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      id,
      said: { role: 'assistant', content: 'well' },
      door: 'rllm1:e30',
    })
    assert.equal(((await gateway.json(`/traces/${id}`)) as Trace).status, 'complete')
  })

  test('a plugin is a module, whatever the package.json above it says', async (t) => {
    const files = { 'package.json': '{"type":"commonjs"}', 'my-tracer.ts': MY_TRACER }
    const dir = folderWith(t, {
      ...files,
      'helper/package.json': '{"type":"module"}',
      'helper/line.ts': HELPER,
    })
    const file = join(dir, 'mine.jsonl')
    const { gateway } = await start(t, dir, [...BUILT_IN, { use: 'my-tracer', config: { file } }])
    await post(`${gateway.url}/v1/chat/completions`, chat(false))
    assert.match(readFileSync(file, 'utf8'), /well/)
  })

  test('a tracer may stand alone, without the built-in one', async (t) => {
    const dir = folderWith(t, { 'my-tracer.ts': MY_TRACER, 'helper/line.ts': HELPER })
    const file = join(dir, 'mine.jsonl')
    const { gateway } = await start(t, dir, [
      { use: join(dir, 'plugins/my-tracer.ts'), config: { file } },
    ])
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(false))
    assert.equal(reply.status, 200)
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 2)
  })

  test('auto: whatever lies in the folder takes part, files and folders, without being named', async (t) => {
    const marker = (name: string): string =>
      `export default { name: '${name}', setup: () => ({ headers: () => ({ 'x-${name}': '1' }) }) }`
    const dir = folderWith(t, {
      'one.ts': marker('one'),
      'two/index.js': marker('two'),
      'three.mjs': marker('three'),
      'types.d.ts': 'export type Nothing = never',
      '.hidden.ts': marker('hidden'),
      'notes/read-me.md': '',
    })
    const { gateway } = await start(t, dir, 'auto')
    const { headers } = await post(`${gateway.url}/v1/chat/completions`, chat(false))
    const { plugins } = (await gateway.json('/admin/plugins')) as { plugins: { name: string }[] }
    const names = plugins.map(({ name }) => name)
    assert.deepEqual(names, [...BUILT_IN, 'one', 'three', 'two'])
    assert.deepEqual([headers['x-one'], headers['x-two'], headers['x-three']], ['1', '1', '1'])
  })

  test('a plugin of the team takes the place of a built-in of its name', async (t) => {
    const own = `export default { name: 'hello', setup: () => ({ headers: () => ({ 'x-hello': 'mine' }) }) }`
    const dir = folderWith(t, { 'hello.ts': own })
    const { gateway } = await start(t, dir, [...BUILT_IN, 'hello'])
    const { headers } = await post(`${gateway.url}/v1/chat/completions`, chat(false))
    assert.equal(headers['x-hello'], 'mine')
  })

  test('one file may serve twice under two names, each with settings and calls of its own', async (t) => {
    const source = `import { definePlugin } from 'sluice/plugin'
export default definePlugin({
  name: 'marker',
  config: { type: 'object', properties: { text: { type: 'string', default: 'x' } } },
  setup: ({ config }) => ({ headers: () => ({ ['x-' + config.text]: '1' }) }),
})`
    const dir = folderWith(t, { 'marker.ts': source })
    const { gateway } = await start(t, dir, [
      ...BUILT_IN,
      { use: 'marker', as: 'a', config: { text: 'a' }, match: { sessions: ['eval-*'] } },
      { use: 'marker', as: 'b', config: { text: 'b' } },
    ])
    const plain = await post(`${gateway.url}/v1/chat/completions`, chat(false))
    assert.deepEqual([plain.headers['x-a'], plain.headers['x-b']], [undefined, '1'])
    const matched = await post(`${gateway.url}/sessions/eval-1/v1/chat/completions`, chat(false))
    assert.deepEqual([matched.headers['x-a'], matched.headers['x-b']], ['1', '1'])
  })

  test('what a tap leaves out, rewords or hands out late is what the record says was delivered', async (t) => {
    const source = `let last
export default {
  name: 'editor',
  setup: () => ({
    stream: () => ({
      chunk(chunk) {
        const { text } = chunk
        if (text.includes('drop')) return null
        if (text.includes('reword')) return chunk.replace({ reworded: true })
        if (text.includes('cut')) return chunk.omit('choices.*.delta.content', 'model')
        if (text.includes('keep')) { last = chunk; return null }
        if (text.includes('late')) return last
      },
    }),
  }),
}`
    const dir = folderWith(t, { 'editor.ts': source })
    const { gateway, upstream } = await start(t, dir, [...BUILT_IN, 'editor'])
    const events = ['drop', 'reword', 'cut', 'keep', 'late', 'plain'].map((text) =>
      tokenEvent(text),
    )
    const came = [roleEvent(), ...events, tokenEvent('', { finish: 'stop' }), DONE]
    upstream.play(stream(came))
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(true))
    const raw = async (part: string): Promise<string> =>
      (
        await fetch(`${gateway.url}/traces/${String(reply.headers['x-trace-id'])}/raw/${part}`)
      ).text()
    const text = reply.body.toString()
    assert.equal(await raw('delivered'), text)
    assert.equal(await raw('response'), came.join(''))
    assert.doesNotMatch(text, /drop|"reword"|"cut"|late/)
    assert.match(text, /data: \{"reworded":true\}\n\n.*"keep".*"plain".*\[DONE\]/s)
  })

  test('every plugin is closed at the end, also when another one refuses to', async (t) => {
    const closing = (name: string, close: string): string =>
      `import { appendFileSync } from 'node:fs'
export default { name: '${name}', setup: () => ({ close() { appendFileSync('${'FILE'}', '${name} '); ${close} } }) }`
    const dir = folderWith(t, {})
    const file = join(dir, 'closed.txt')
    const files = {
      'first.ts': closing('first', ''),
      'second.ts': closing('second', `throw new Error('no')`),
      'third.ts': closing('third', ''),
    }
    const folder = folderWith(
      t,
      Object.fromEntries(
        Object.entries(files).map(([name, source]) => [name, source.replace('FILE', file)]),
      ),
    )
    const plugins = ['first', { use: 'second', onError: 'fail' }, 'third']
    const { gateway } = await start(t, folder, plugins)
    gateway.child.kill('SIGTERM')
    const [code] = (await once(gateway.child, 'exit')) as [number | null]
    assert.equal(code, 0, gateway.stderr())
    assert.equal(readFileSync(file, 'utf8'), 'third second first ')
  })

  test('a promise that a plugin forgot and that fails does not end the gateway', async (t) => {
    const source = `export default { name: 'mine', setup: () => ({ saved() { void Promise.reject(new Error('forgotten')) } }) }`
    const dir = folderWith(t, { 'mine.ts': source })
    const { gateway } = await start(t, dir, [...BUILT_IN, 'mine'])
    for (let call = 0; call < 3; call += 1) {
      const reply = await post(`${gateway.url}/v1/chat/completions`, chat(false))
      assert.equal(reply.status, 200)
    }
    await gateway.stop()
    assert.match(gateway.stderr(), /forgotten/)
  })
})
