import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { codeOf, messageOf, startAdmin } from './setup.ts'
import { aWorker, someWorkers } from './some-workers.ts'

suite('workers', () => {
  test('are listed as they are', async () => {
    const workers = someWorkers(aWorker('a'), aWorker('b', false))
    await using admin = await startAdmin({ workers })
    assert.deepEqual((await admin.ask('GET', '/admin/workers')).body, [
      aWorker('a'),
      aWorker('b', false),
    ])
  })

  test('say how many of them are well', async () => {
    const workers = someWorkers(aWorker('a'), aWorker('b', false))
    await using admin = await startAdmin({ workers })
    assert.deepEqual((await admin.ask('GET', '/health/workers')).body, {
      workers: [aWorker('a'), aWorker('b', false)],
      healthy: 1,
      total: 2,
    })
  })

  test('are registered with a url alone', async () => {
    const workers = someWorkers()
    await using admin = await startAdmin({ workers })
    const answer = await admin.ask('POST', '/admin/workers', { url: 'http://h:1' })
    assert.deepEqual(
      [answer.status, answer.body],
      [200, { worker_id: 'w1', url: 'http://h:1', api_path: '/v1' }],
    )
    assert.deepEqual(workers.added, [{ url: 'http://h:1' }])
  })

  test('are registered with all there is to say', async () => {
    const workers = someWorkers()
    await using admin = await startAdmin({ workers })
    const worker = {
      url: 'http://h:1',
      worker_id: 'mine',
      api_path: '/api',
      model_name: 'm',
      weight: 0.5,
    }
    const { body } = await admin.ask('POST', '/admin/workers', worker)
    assert.deepEqual(body, { worker_id: 'mine', url: 'http://h:1', api_path: '/api' })
    assert.deepEqual(workers.added, [worker])
  })

  test('take null for what is left out', async () => {
    const workers = someWorkers()
    await using admin = await startAdmin({ workers })
    await admin.ask('POST', '/admin/workers', {
      url: 'http://h:1',
      worker_id: null,
      api_path: null,
      model_name: null,
      weight: null,
    })
    assert.deepEqual(workers.added, [{ url: 'http://h:1' }])
  })

  for (const [what, body, param] of [
    ['nothing', {}, 'url'],
    ['an empty url', { url: '' }, 'url'],
    ['null for a url', { url: null }, 'url'],
    ['a number for a url', { url: 8000 }, 'url'],
    ['a number for an id', { url: 'http://h', worker_id: 1 }, 'worker_id'],
    ['a list for an API path', { url: 'http://h', api_path: ['/v1'] }, 'api_path'],
    ['an object for a model', { url: 'http://h', model_name: {} }, 'model_name'],
    ['text for a weight', { url: 'http://h', weight: '1' }, 'weight'],
  ] as const) {
    test(`are refused with ${what}, by the name of the field`, async () => {
      const workers = someWorkers()
      await using admin = await startAdmin({ workers })
      const answer = await admin.ask('POST', '/admin/workers', body)
      const { error } = answer.body as { error: { param: string } }
      assert.deepEqual([answer.status, codeOf(answer), error.param], [400, 'bad_worker', param])
      assert.deepEqual(workers.added, [])
    })
  }

  test('that the registry refuses are a 400 in its words', async () => {
    const refusing = {
      ...someWorkers(),
      async add() {
        throw new GatewayError('bad_worker', { detail: 'url is the gateway itself', param: 'url' })
      },
    }
    await using admin = await startAdmin({ workers: refusing })
    const answer = await admin.ask('POST', '/admin/workers', { url: 'http://h' })
    assert.equal(answer.status, 400)
    assert.match(messageOf(answer), /url is the gateway itself/)
  })

  test('need a body that is JSON', async () => {
    await using admin = await startAdmin()
    const response = await fetch(`${admin.url}/admin/workers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'url=http://h',
    })
    assert.equal(response.status, 400)
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'bad_json')
  })

  for (const [id, at] of [
    ['w1', 'w1'],
    ['127.0.0.1:8000#2', '127.0.0.1%3A8000%232'],
    ['10.0.0.1:8000', '10.0.0.1:8000'],
    ['ä b', '%C3%A4%20b'],
  ] as const) {
    test(`named ${id} are removed once`, async () => {
      await using admin = await startAdmin({ workers: someWorkers(aWorker(id)) })
      const first = await admin.ask('DELETE', `/admin/workers/${at}`)
      assert.deepEqual([first.status, first.body], [200, { removed: id }])
      const second = await admin.ask('DELETE', `/admin/workers/${at}`)
      assert.deepEqual([second.status, codeOf(second)], [404, 'worker_not_found'])
    })
  }
})
