import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkConfig } from '../../src/config/index.ts'
import { registeredUpstream } from '../../src/app/make-upstream.ts'
import { createWorkers } from '../../src/app/workers.ts'
import { openStateFile, type StateFile, type StoredWorker } from '../../src/shared/index.ts'
import type { NewWorker, UpstreamSet, Workers } from '../../src/upstream/index.ts'
import { watchedSet } from '../upstream/setup.ts'

const config = checkConfig({})

interface Registry {
  readonly workers: Workers
  readonly set: UpstreamSet
  readonly state: StateFile
  readonly file: string
  readonly stored: () => readonly StoredWorker[]
}

async function registry(t: TestContext, file = join(folder(t), 'state.json')): Promise<Registry> {
  const state = await openStateFile(file)
  const { set } = watchedSet(t)
  const workers = createWorkers({
    upstreams: set,
    state,
    makeUpstream: (worker) => registeredUpstream(worker, config),
    isSelf: ({ port }) => port === '9090',
  })
  const stored = (): readonly StoredWorker[] =>
    (JSON.parse(readFileSync(file, 'utf8')) as { workers: StoredWorker[] }).workers
  return { workers, set, state, file, stored }
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-workers-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

for (const [given, url, apiPath] of [
  [{ url: 'http://h:8000' }, 'http://h:8000', '/v1'],
  [{ url: 'http://h:8000/' }, 'http://h:8000', '/v1'],
  [{ url: 'http://h:8000/v1' }, 'http://h:8000', '/v1'],
  [{ url: 'http://h:8000/v1/' }, 'http://h:8000', '/v1'],
  [{ url: 'http://h:8000/base/v1' }, 'http://h:8000', '/base/v1'],
  [{ url: 'HTTPS://H/api' }, 'https://h', '/api'],
  [{ url: 'http://h:8000/v1', api_path: '/v1' }, 'http://h:8000', '/v1'],
  [{ url: 'http://h:8000/base', api_path: '/v1' }, 'http://h:8000/base', '/v1'],
  [{ url: 'http://h:8000/base/v1', api_path: '/v1/' }, 'http://h:8000/base', '/v1'],
  [{ url: 'http://h:8000', api_path: '/' }, 'http://h:8000', '/'],
  [{ url: 'http://[::1]:8000' }, 'http://[::1]:8000', '/v1'],
] as const) {
  test(`${JSON.stringify(given)} is the server ${url} with its API at ${apiPath}`, async (t) => {
    const { workers } = await registry(t)
    const { url: server, api_path: path } = await workers.add(given)
    assert.deepEqual([server, path], [url, apiPath])
  })
}

test('a worker is listed with what rLLM knows of it, and is on disk when the answer is there', async (t) => {
  const { workers, stored } = await registry(t)
  const info = await workers.add({
    url: 'http://h:8000/v1',
    worker_id: 'w-1',
    model_name: 'm',
    weight: 2,
  })
  assert.equal(
    JSON.stringify(info),
    '{"worker_id":"w-1","url":"http://h:8000","api_path":"/v1","model_name":"m","weight":2,"healthy":true,"active_requests":0}',
  )
  assert.deepEqual(workers.list(), [info])
  assert.deepEqual(stored(), [
    { worker_id: 'w-1', url: 'http://h:8000', api_path: '/v1', model_name: 'm', weight: 2 },
  ])
})

for (const [what, worker, param] of [
  ['no URL', { url: '' }, 'url'],
  ['a URL that is none', { url: 'http://' }, 'url'],
  ['a URL without a scheme', { url: 'h:8000' }, 'url'],
  ['another scheme', { url: 'ftp://h/v1' }, 'url'],
  ['a file', { url: 'file:///etc/passwd' }, 'url'],
  ['credentials', { url: 'http://me:secret@h:8000' }, 'url'],
  ['a query', { url: 'http://h:8000/v1?a=1' }, 'url'],
  ['an empty query', { url: 'http://h:8000/v1?' }, 'url'],
  ['a fragment', { url: 'http://h:8000/v1#a' }, 'url'],
  ['the gateway itself', { url: 'http://h:9090' }, 'url'],
  ['a number for a URL', { url: 7 }, 'url'],
  ['an empty id', { url: 'http://h', worker_id: '' }, 'worker_id'],
  ['an id with a slash', { url: 'http://h', worker_id: 'a/b' }, 'worker_id'],
  ['an id with a line break', { url: 'http://h', worker_id: 'a\nb' }, 'worker_id'],
  ['a long id', { url: 'http://h', worker_id: 'a'.repeat(201) }, 'worker_id'],
  ['an API path without a slash', { url: 'http://h', api_path: 'v1' }, 'api_path'],
  ['an API path with a query', { url: 'http://h', api_path: '/v1?a' }, 'api_path'],
  ['an empty API path', { url: 'http://h', api_path: '' }, 'api_path'],
  ['an empty model', { url: 'http://h', model_name: '' }, 'model_name'],
  ['a weight of zero', { url: 'http://h', weight: 0 }, 'weight'],
  ['a negative weight', { url: 'http://h', weight: -1 }, 'weight'],
  ['an infinite weight', { url: 'http://h', weight: Infinity }, 'weight'],
  ['a weight that is text', { url: 'http://h', weight: '2' }, 'weight'],
] as const) {
  test(`${what} is refused by name, and nothing is kept`, async (t) => {
    const { workers, state } = await registry(t)
    await assert.rejects(workers.add(worker as NewWorker), {
      code: 'bad_worker',
      status: 400,
      type: 'invalid_request_error',
      param,
    })
    assert.deepEqual([workers.list(), state.workers], [[], []])
  })
}

test('a refusal does not repeat the credentials', async (t) => {
  const { workers } = await registry(t)
  await assert.rejects(workers.add({ url: 'http://me:secret@h' }), (error: Error) => {
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})

test('a trainer that restarts and registers all its workers again has each of them once', async (t) => {
  const { workers, set, stored } = await registry(t)
  const all = [1, 2, 3].map((host) => ({ url: `http://h${host}:8000`, model_name: 'm' }))
  const first = await Promise.all(all.map((one) => workers.add(one)))
  const upstreams = set.list()
  const again = await Promise.all(all.map((one) => workers.add({ ...one, weight: 3 })))
  assert.deepEqual(
    again,
    first.map((one) => ({ ...one, weight: 3 })),
  )
  assert.deepEqual(set.list(), upstreams, 'with the sockets, calls and health they had')
  assert.deepEqual(
    stored().map(({ weight }) => weight),
    [3, 3, 3],
  )
})

test('ids are short, stable, and can stand in a URL as they are', async (t) => {
  const { workers } = await registry(t)
  const id = async (worker: NewWorker): Promise<string> => (await workers.add(worker)).worker_id
  assert.equal(await id({ url: 'http://h:8000', model_name: 'a' }), 'h:8000')
  assert.equal(await id({ url: 'http://h:8000', model_name: 'b' }), 'h:8000~2')
  assert.equal(await id({ url: 'http://h:8000/other', model_name: 'b' }), 'h:8000~3')
  assert.equal(await id({ url: 'http://[::1]:8000' }), '::1:8000')
})

test('the same id again replaces the worker', async (t) => {
  const { workers, set, stored } = await registry(t)
  await workers.add({ url: 'http://h:1', worker_id: 'w' })
  const [before] = set.list()
  await workers.add({ url: 'http://h:2', worker_id: 'w' })
  assert.deepEqual(
    workers.list().map(({ worker_id: id, url }) => [id, url]),
    [['w', 'http://h:2']],
  )
  assert.equal(stored().length, 1)
  await before?.drained
})

test('a worker that is removed is gone, here and on disk; one that is not there is told', async (t) => {
  const { workers, stored } = await registry(t)
  await workers.add({ url: 'http://h:1', worker_id: 'a' })
  await workers.add({ url: 'http://h:2', worker_id: 'b' })
  assert.equal(await workers.remove('a'), true)
  assert.equal(await workers.remove('a'), false)
  assert.deepEqual(
    stored().map(({ worker_id: id }) => id),
    ['b'],
  )
})

test('a removal that comes while its worker is joining leaves nothing behind', async (t) => {
  const { workers, state } = await registry(t)
  const joined = workers.add({ url: 'http://h:1', worker_id: 'w' })
  assert.equal(await workers.remove('w'), true)
  await joined
  assert.deepEqual([workers.list(), state.workers], [[], []])
})

test('registered workers are there after a restart', async (t) => {
  const first = await registry(t)
  const info = await first.workers.add({ url: 'http://h:1', model_name: 'm', weight: 0.5 })
  const second = await registry(t, first.file)
  assert.deepEqual(second.workers.list(), [info])
})

test('a state file that was spoiled by hand is told at the start', async (t) => {
  const file = join(folder(t), 'state.json')
  writeFileSync(file, '{"memory":{},"workers":[{"worker_id":"w","url":"nowhere","weight":1}]}')
  await assert.rejects(registry(t, file), { code: 'config_invalid', message: /state file.*url/ })
})

test('a worker that cannot be kept does not join', async (t) => {
  const { workers, state, file } = await registry(t)
  await workers.add({ url: 'http://h:1', worker_id: 'a' })
  rmSync(join(file, '..'), { recursive: true })
  await assert.rejects(workers.add({ url: 'http://h:2', worker_id: 'b' }), {
    code: 'state_unwritable',
  })
  assert.deepEqual(
    [workers.list().map(({ worker_id: id }) => id), state.workers.map(({ worker_id: id }) => id)],
    [['a'], ['a']],
  )
})
