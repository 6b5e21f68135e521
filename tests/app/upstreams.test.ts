import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { registeredUpstream } from '../../src/app/make-upstream.ts'
import { openUpstreams, type Upstreams } from '../../src/app/upstreams.ts'
import { checkConfig, type Config } from '../../src/config/index.ts'
import { createLogger } from '../../src/util/log.ts'
import { startUpstream, stream, writeChunk } from '../support/scripted-upstream.ts'
import { ask, textOf } from '../upstream/setup.ts'
import { candidatesOf } from '../upstream/setup.ts'

interface Simulators {
  /** The seeds of those that run. */
  readonly running: Set<number>
  /** One that is started with this seed fails. */
  failing: number | undefined
}

async function opened(
  t: TestContext,
  entries: readonly object[],
): Promise<{ upstreams: Upstreams; simulators: Simulators; config: Config }> {
  const simulators: Simulators = { running: new Set(), failing: undefined }
  const config = configOf(entries)
  const upstreams = await openUpstreams(
    config,
    async ({ seed }) => {
      if (seed === simulators.failing) throw new Error('no simulator today')
      simulators.running.add(seed)
      return {
        url: `http://127.0.0.1:${seed}`,
        close: async () => void simulators.running.delete(seed),
      }
    },
    createLogger('silent'),
  )
  t.after(() => upstreams.close())
  return { upstreams, simulators, config }
}

const configOf = (upstreams: readonly object[]): Config => checkConfig({ upstreams })

const replace = (upstreams: Upstreams, entries: readonly object[]): Promise<void> =>
  upstreams.replace(configOf(entries).upstreams)

const ids = (upstreams: Upstreams): string[] => upstreams.list().map(({ id }) => id)

test('upstreams of the configuration have names and ids of their own', async (t) => {
  const { upstreams } = await opened(t, [
    { url: 'http://h:1' },
    { url: 'http://h:1/v1', models: ['m'] },
    { url: 'http://h:2', name: 'my vllm', worker_id: 'w' },
    { url: 'http://h:3', name: 'my vllm', api_path: '/api', weight: 3 },
    { simulator: { seed: 7 } },
  ])
  assert.deepEqual(
    upstreams.list().map(({ id, name, url, apiPath, weight }) => [id, name, url, apiPath, weight]),
    [
      ['h:1', 'h:1', 'http://h:1', '/v1', 1],
      ['h:1~2', 'h:1#2', 'http://h:1', '/v1', 1],
      ['w', 'my vllm', 'http://h:2', '/v1', 1],
      ['my~vllm', 'my vllm#2', 'http://h:3', '/api', 3],
      ['simulator', 'simulator', 'http://127.0.0.1:7', '/v1', 1],
    ],
  )
})

test('what stays in the configuration stays as it is, what is new joins, what is gone leaves', async (t) => {
  const { upstreams } = await opened(t, [{ url: 'http://h:1' }, { url: 'http://h:2' }])
  const [first, second] = upstreams.list()
  await replace(upstreams, [{ url: 'http://h:3' }, { url: 'http://h:2' }])
  assert.deepEqual(ids(upstreams).toSorted(), ['h:2', 'h:3'])
  assert.ok(second && upstreams.list().includes(second))
  await first?.drained
})

test('an entry that changed is another one, under the id it had', async (t) => {
  const { upstreams } = await opened(t, [{ url: 'http://h:1', models: ['a'] }])
  const [before] = upstreams.list()
  await replace(upstreams, [{ url: 'http://h:1', models: ['a', 'b'] }])
  assert.deepEqual(ids(upstreams), ['h:1'])
  assert.deepEqual(await candidatesOf(upstreams, 'b', null), upstreams.list())
  await before?.drained
})

test('one of two equal entries can go', async (t) => {
  const { upstreams } = await opened(t, [{ url: 'http://h:1' }, { url: 'http://h:1' }])
  await replace(upstreams, [{ url: 'http://h:1' }])
  assert.deepEqual(ids(upstreams), ['h:1'])
})

test('one that was removed by hand comes back when the configuration is read again', async (t) => {
  const { upstreams } = await opened(t, [{ url: 'http://h:1' }, { url: 'http://h:2' }])
  upstreams.remove('h:1')
  await replace(upstreams, [{ url: 'http://h:1' }, { url: 'http://h:2' }])
  assert.deepEqual(ids(upstreams).toSorted(), ['h:1', 'h:2'])
})

test('registered workers stay, and their ids are not given away', async (t) => {
  const { upstreams, config } = await opened(t, [{ url: 'http://h:1' }])
  const worker = { worker_id: 'h:2', url: 'http://h:2', api_path: '/v1', model_name: null }
  upstreams.add(registeredUpstream({ ...worker, weight: 1 }, config))
  await replace(upstreams, [{ url: 'http://h:2' }])
  assert.deepEqual(ids(upstreams), ['h:2', 'h:2~2'])
})

test('calls of one that leaves finish', async (t) => {
  const server = await startUpstream(t)
  let finish = async (): Promise<void> => {}
  server.play(async (socket) => {
    await stream(['one '], { end: 'stall' })(socket, undefined as never)
    finish = async () => {
      await writeChunk(socket, Buffer.from('two'))
      socket.write('0\r\n\r\n')
    }
  })
  const { upstreams } = await opened(t, [{ url: server.url, kind: 'generic' }])
  const [before] = upstreams.list()
  assert.ok(before)
  const reply = await ask(before)
  await replace(upstreams, [])
  assert.deepEqual(ids(upstreams), [])
  await finish()
  assert.equal(await textOf(reply), 'one two')
})

test('simulators come and go with their entries', async (t) => {
  const { upstreams, simulators } = await opened(t, [
    { simulator: { seed: 1 } },
    { simulator: { seed: 2 } },
  ])
  const [first] = upstreams.list()
  await replace(upstreams, [{ simulator: { seed: 2 } }, { simulator: { seed: 3 } }])
  await first?.drained
  await Promise.resolve()
  assert.deepEqual([...simulators.running], [2, 3])
  await upstreams.close()
  assert.deepEqual([...simulators.running], [])
})

test('when a new one cannot be started everything stays as it was', async (t) => {
  const { upstreams, simulators } = await opened(t, [{ url: 'http://h:1' }])
  const before = upstreams.list()
  simulators.failing = 6
  await assert.rejects(
    replace(upstreams, [{ simulator: { seed: 5 } }, { simulator: { seed: 6 } }]),
    /no simulator today/,
  )
  assert.deepEqual(upstreams.list(), before)
  assert.deepEqual([...simulators.running], [])
  await replace(upstreams, [{ url: 'http://h:2' }])
  assert.deepEqual(ids(upstreams), ['h:2'], 'the next one is not spoiled by it')
})
