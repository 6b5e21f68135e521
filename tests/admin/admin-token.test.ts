import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createAdminRouter, type AdminParts } from '../../src/admin/index.ts'
import { codeOf, parts, startAdmin } from './setup.ts'

const token = 'tök-3n='
const settings: { -readonly [Key in keyof AdminParts['settings']]: AdminParts['settings'][Key] } = {
  adminToken: token,
  metricsAuth: false,
  masterKey: null,
  keyHeader: null,
}

/** One request for each route there is; a route without one fails the first test. */
const ROUTES = [
  ['GET', '/health', 'open'],
  ['GET', '/health/liveliness', 'open'],
  ['GET', '/health/liveness', 'open'],
  ['GET', '/health/readiness', 'open'],
  ['GET', '/health/workers', 'open'],
  ['GET', '/metrics', 'open'],
  ['GET', '/admin/tracer/flush', 'open'],
  ['POST', '/admin/tracer/flush', 'open'],
  ['POST', '/admin/flush', 'closed'],
  ['POST', '/admin/flush-tracer', 'closed'],
  ['POST', '/admin/reload', 'closed'],
  ['GET', '/admin/plugins', 'closed'],
  ['GET', '/admin/store', 'closed'],
  ['GET', '/admin/workers', 'closed'],
  ['POST', '/admin/workers', 'closed'],
  ['DELETE', '/admin/workers/w1', 'closed'],
  ['GET', '/admin/weight_version', 'closed'],
  ['POST', '/admin/weight_version', 'closed'],
  ['GET', '/cache/ping', 'closed'],
  ['GET', '/cache/redis/info', 'closed'],
  ['POST', '/cache/delete', 'closed'],
  ['POST', '/cache/flushall', 'closed'],
  ['POST', '/key/generate', 'closed'],
  ['POST', '/key/update', 'closed'],
  ['POST', '/key/delete', 'closed'],
  ['POST', '/key/block', 'closed'],
  ['POST', '/key/unblock', 'closed'],
  ['POST', '/key/regenerate', 'closed'],
  ['POST', '/key/sk-a/regenerate', 'closed'],
  ['GET', '/key/info', 'closed'],
  ['POST', '/v2/key/info', 'closed'],
  ['GET', '/key/list', 'closed'],
  ['POST', '/user/new', 'closed'],
  ['GET', '/user/info', 'closed'],
  ['GET', '/user/list', 'closed'],
  ['POST', '/user/update', 'closed'],
  ['POST', '/user/delete', 'closed'],
  ['POST', '/team/new', 'closed'],
  ['GET', '/team/info', 'closed'],
  ['GET', '/team/list', 'closed'],
  ['POST', '/team/update', 'closed'],
  ['POST', '/team/block', 'closed'],
  ['POST', '/team/unblock', 'closed'],
  ['POST', '/team/delete', 'closed'],
  ['POST', '/team/member_add', 'closed'],
  ['POST', '/team/member_delete', 'closed'],
  ['GET', '/model/info', 'closed'],
  ['GET', '/model_group/info', 'closed'],
  ['GET', '/spend/logs', 'closed'],
  ['GET', '/spend/keys', 'closed'],
  ['GET', '/spend/users', 'closed'],
  ['GET', '/global/spend', 'closed'],
  ['POST', '/global/spend/reset', 'closed'],
  ['GET', '/global/spend/logs', 'closed'],
  ['GET', '/global/spend/keys', 'closed'],
  ['GET', '/global/spend/models', 'closed'],
  ['GET', '/global/spend/provider', 'closed'],
  ['GET', '/global/spend/teams', 'closed'],
  ['GET', '/global/spend/report', 'closed'],
  ['POST', '/global/spend/end_users', 'closed'],
  ['GET', '/sessions', 'closed'],
  ['POST', '/sessions', 'closed'],
  ['POST', '/sessions/batch_delete', 'closed'],
  ['GET', '/sessions/a/b:0', 'closed'],
  ['DELETE', '/sessions/a', 'closed'],
  ['GET', '/sessions/a/traces', 'closed'],
  ['GET', '/traces', 'closed'],
  ['POST', '/traces/query', 'closed'],
  ['GET', '/traces/t1', 'closed'],
  ['GET', '/traces/t1/raw/request', 'closed'],
] as const

suite('with an admin token', () => {
  test('every route there is stands in the table below', () => {
    const missing = createAdminRouter(parts()).stack.filter(
      (layer) =>
        !ROUTES.some(([method, path]) => layer.match(path) && layer.methods.includes(method)),
    )
    assert.deepEqual(
      missing.map(({ methods, path }) => `${methods.join(',')} ${String(path)}`),
      [],
    )
  })

  for (const [method, path, access] of ROUTES) {
    test(`${method} ${path} is ${access}`, async () => {
      await using admin = await startAdmin({ settings })
      const bare = await admin.ask(method, path)
      const wrong = await admin.ask(method, path, undefined, { authorization: 'Bearer wrong' })
      if (access === 'open') {
        assert.deepEqual([bare.status, wrong.status], [200, 200])
        return
      }
      for (const answer of [bare, wrong]) {
        assert.deepEqual([answer.status, codeOf(answer)], [401, 'unauthorized'])
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
      }
      const right = await admin.ask(method, path, undefined, {
        authorization: `Bearer ${Buffer.from(token).toString('latin1')}`,
      })
      assert.notEqual(right.status, 401)
    })
  }

  test('the token is taken in either header', async () => {
    await using admin = await startAdmin({
      settings: { adminToken: 's3cret', metricsAuth: false, masterKey: null, keyHeader: null },
    })
    for (const [headers, status] of [
      [{ authorization: 'Bearer s3cret' }, 200],
      [{ authorization: 'bearer  s3cret' }, 200],
      [{ 'x-api-key': 's3cret' }, 200],
      [{ authorization: 'Bearer other', 'x-api-key': 's3cret' }, 200],
      [{ authorization: 's3cret' }, 401],
      [{ authorization: 'Basic s3cret' }, 401],
      [{ authorization: 'Bearer s3cre' }, 401],
      [{ authorization: 'Bearer s3crets' }, 401],
      [{ 'x-api-key': '' }, 401],
      [{}, 401],
    ] as const) {
      const answer = await admin.ask('GET', '/sessions', undefined, headers)
      assert.equal(answer.status, status, JSON.stringify(headers))
    }
  })

  test('neither a wrong method nor a trailing slash opens or closes a route', async () => {
    await using admin = await startAdmin({ settings })
    assert.equal((await admin.ask('PUT', '/admin/workers')).status, 401)
    assert.equal((await admin.ask('GET', '/sessions/')).status, 401)
    assert.equal((await admin.ask('GET', '/health/')).status, 200)
    assert.equal((await admin.ask('GET', '/nowhere')).status, 404)
  })

  test('a token that is set or dropped while running counts at once', async () => {
    const live: typeof settings = { ...settings, adminToken: null }
    await using admin = await startAdmin({ settings: live })
    assert.equal((await admin.ask('GET', '/sessions')).status, 200)
    live.adminToken = 'now'
    assert.equal((await admin.ask('GET', '/sessions')).status, 401)
    live.adminToken = null
    assert.equal((await admin.ask('GET', '/sessions')).status, 200)
  })

  test('calls are none of its business', async () => {
    await using admin = await startAdmin({ settings })
    assert.equal(
      (await admin.ask('POST', '/sessions/a/v1/chat/completions')).body,
      'passed through',
    )
  })
})
