import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { errorIn, MASTER, startManaged, type ManagedGateway } from '../admin/managed-gateway.ts'
import { createScope } from '../support/scope.ts'

const sha = (text: string): string => hash('sha256', text)

describe('calls with virtual keys', () => {
  const scope = createScope()
  let sluice: ManagedGateway

  before(async () => {
    sluice = await startManaged(scope, { keys: { header: 'X-Team-Key' } })
  })
  after(() => scope.close())

  const callerOf = async (reply: { headers: Headers }): Promise<unknown> => {
    const trace = await sluice.get(`/traces/${String(reply.headers.get('x-trace-id'))}`)
    return trace.body['caller']
  }

  test('are theirs in the trace, and nobody else is', async () => {
    await sluice.post('/team/new', { team_id: 't1', team_alias: 'Core' })
    const a = await sluice.generate({ key_alias: 'a', user_id: 'ann', team_id: 't1' })
    const b = await sluice.generate()
    const [ofA, ofB, ofMaster] = await Promise.all([
      sluice.call(a, { body: { user: 'customer-1' } }),
      sluice.call(b, { headers: { 'x-litellm-end-user-id': 'customer-2' }, body: { user: 'no' } }),
      sluice.call(MASTER),
    ])
    assert.deepEqual(await callerOf(ofA), {
      key_hash: sha(a),
      key_alias: 'a',
      user_id: 'ann',
      team_id: 't1',
      team_alias: 'Core',
      end_user: 'customer-1',
    })
    const nobody = { key_alias: null, user_id: null, team_id: null, team_alias: null }
    assert.deepEqual(await callerOf(ofB), { key_hash: sha(b), ...nobody, end_user: 'customer-2' })
    assert.deepEqual(await callerOf(ofMaster), { key_hash: null, ...nobody, end_user: null })
  })

  test('count for the hash of their key in the metrics', async () => {
    const key = await sluice.generate({ key_alias: 'counted', user_id: 'u|1' })
    assert.equal((await sluice.call(key)).status, 200)
    const text = await (await fetch(`${sluice.gateway.url}/metrics`)).text()
    const line = text.split('\n').find((one) => one.includes(sha(key)))
    assert.match(String(line), /api_key_alias="counted"/)
    assert.match(String(line), /user="u_1"/)
    assert.ok(!text.includes(key))
  })

  test('end at once when the key is blocked, and go on when it no longer is', async () => {
    const key = await sluice.generate()
    assert.equal((await sluice.call(key)).status, 200)
    const blocked = await sluice.post('/key/block', { key })
    assert.deepEqual([blocked.body['blocked'], blocked.body['token']], [true, sha(key)])
    const refused = await sluice.call(key)
    assert.equal(refused.status, 401)
    const { code, message } = errorIn(refused)
    assert.equal(code, 'key_blocked')
    assert.match(String(message), /^Key is blocked\. Update via `\/key\/unblock`/)
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer')
    await sluice.post('/key/unblock', { key: sha(key) })
    assert.equal((await sluice.call(key)).status, 200)
  })

  test('end with the old text of a key that was made anew', async () => {
    const old = await sluice.generate({ key_alias: 'renewed', models: ['m'] })
    const { body } = await sluice.post(`/key/${old}/regenerate`, { max_budget: 3 })
    const renewed = String(body['key'])
    assert.deepEqual([body['key_alias'], body['models'], body['max_budget']], ['renewed', ['m'], 3])
    assert.deepEqual(
      [(await sluice.call(old)).status, (await sluice.call(renewed)).status],
      [401, 200],
    )
    const again = await sluice.post('/key/regenerate', { key: renewed, new_key: 'sk-chosen-one' })
    assert.equal(again.body['key'], 'sk-chosen-one')
    assert.deepEqual(
      [(await sluice.call(renewed)).status, (await sluice.call('sk-chosen-one')).status],
      [401, 200],
    )
  })

  test('with an unknown key are told which one was seen, but not the key', async () => {
    const refused = await sluice.call('sk-unknown-and-long-enough')
    const { code, message } = errorIn(refused)
    assert.deepEqual([refused.status, code], [401, 'unauthorized'])
    assert.ok(
      String(message).includes(
        `Received API Key = sk-...ough, Key Hash (Token) =${sha('sk-unknown-and-long-enough')}`,
      ),
    )
    assert.ok(!String(message).includes('sk-unknown'))
    assert.equal((await sluice.call(null)).status, 401)
  })

  test('never take the key to the server, whichever header it came in', async () => {
    const key = await sluice.generate()
    const other = await sluice.generate()
    for (const name of [
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'x-litellm-api-key',
      'X-Team-Key',
    ]) {
      const reply = await sluice.call(null, {
        headers: { [name]: key, 'x-note': `my key is ${key}`, authorization: `Bearer ${other}` },
      })
      assert.equal(reply.status, 200, name)
      const seen = JSON.stringify(sluice.worker.server.seen.at(-1)?.headers)
      assert.ok(!seen.includes(key) && !seen.includes(other), name)
    }
  })

  test('with the same idempotency key get no answer of another key', async () => {
    const [a, b] = [await sluice.generate(), await sluice.generate()]
    const headers = { 'idempotency-key': 'shared' }
    const first = await sluice.call(a, { headers })
    const other = await sluice.call(b, { headers })
    const again = await sluice.call(a, { headers })
    const idOf = (reply: { headers: Headers }): unknown => reply.headers.get('x-trace-id')
    assert.notEqual(idOf(first), idOf(other))
    assert.equal(idOf(first), idOf(again))
  })
})

test('a gateway without a master key knows configured keys, lets all others in and makes none', async (t) => {
  const sluice = await startManaged(t, {
    config: { keys: { limits: { 'sk-known-to-the-gateway': { alias: 'known', models: ['m'] } } } },
  })
  const known = await sluice.call('sk-known-to-the-gateway')
  const trace = await sluice.get(`/traces/${String(known.headers.get('x-trace-id'))}`)
  assert.equal((trace.body['caller'] as Record<string, unknown>)['key_alias'], 'known')
  assert.equal((await sluice.call('sk-known-to-the-gateway', { model: 'x' })).status, 403)
  const anyone = await sluice.call('sk-of-somebody-else', { model: 'x' })
  assert.equal(anyone.status, 200)
  const theirs = await sluice.get(`/traces/${String(anyone.headers.get('x-trace-id'))}`)
  assert.equal(theirs.body['caller'], null)
  const refused = await sluice.post('/key/generate')
  assert.deepEqual([refused.status, errorIn(refused)['code']], [400, 'no_master_key'])
})

test('where the caller passes a key on, the gateway takes its own and leaves the other', async (t) => {
  const sluice = await startManaged(t, { worker: { pass_authorization: true } })
  const key = await sluice.generate()
  const seen = (): Readonly<Record<string, string>> =>
    sluice.worker.server.seen.at(-1)?.headers ?? {}
  const both = await sluice.call('sk-of-the-provider', { headers: { 'x-litellm-api-key': key } })
  assert.equal(both.status, 200)
  assert.equal(seen()['authorization'], 'Bearer sk-of-the-provider')
  assert.ok(!JSON.stringify(seen()).includes(key))
  assert.equal((await sluice.call(key)).status, 200)
  assert.equal(seen()['authorization'], undefined)
})

test('what calls cost is what their key, user and team have spent, also after a restart', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const worker = { price: { input_per_token: 0.25, output_per_token: 0.5 } }
  const first = await startManaged(t, { dir, worker })
  await first.post('/team/new', { team_id: 't', budget_duration: '1mo' })
  await first.post('/user/new', { user_id: 'u', auto_create_key: false })
  const ofTeam = await first.generate({ team_id: 't', max_budget: 100 })
  const ofUser = await first.generate({ user_id: 'u', budget_duration: '3h' })
  const spent = async (sluice: ManagedGateway): Promise<unknown> => {
    const spendOf = async (path: string, field: string): Promise<unknown> =>
      ((await sluice.get(path)).body[field] as Record<string, unknown>)['spend']
    return Promise.all([
      spendOf(`/key/info?key=${ofTeam}`, 'info'),
      spendOf(`/key/info?key=${ofUser}`, 'info'),
      spendOf('/team/info?team_id=t', 'team_info'),
      spendOf('/user/info?user_id=u', 'user_info'),
    ])
  }
  assert.deepEqual(await spent(first), [0, 0, 0, 0])
  for (const key of [ofTeam, ofTeam, ofUser]) assert.equal((await first.call(key)).status, 200)
  assert.deepEqual(await spent(first), [1.5, 0.75, 1.5, 0.75])
  await first.gateway.stop()
  const second = await startManaged(t, { dir, worker })
  assert.deepEqual(await spent(second), [1.5, 0.75, 1.5, 0.75])
  await second.post('/key/update', { key: ofTeam, spend: 0 })
  assert.deepEqual(await spent(second), [0, 0.75, 1.5, 0.75])
})

test('a configuration that is taken on while calls are made brings its keys, and takes others away', async (t) => {
  const sluice = await startManaged(t, { keys: { limits: { 'sk-of-the-first-one': {} } } })
  const made = await sluice.generate()
  const config_yaml = JSON.stringify({
    upstreams: [{ url: sluice.worker.url, kind: 'generic' }],
    keys: { limits: { 'sk-of-the-second-one': {} } },
  })
  assert.equal((await sluice.call('sk-of-the-first-one')).status, 200)
  assert.equal((await sluice.post('/admin/reload', { config_yaml })).status, 200)
  assert.equal((await sluice.call('sk-of-the-first-one')).status, 401)
  assert.equal((await sluice.call('sk-of-the-second-one')).status, 200)
  assert.equal((await sluice.call(made)).status, 200)
})

test('a key in the URL of a call is refused: the upstream and logs would be shown it', async (t) => {
  const sluice = await startManaged(t)
  const key = await sluice.generate()
  for (const query of [`api_key=${key}`, `a=b&key=${MASTER}`]) {
    const reply = await sluice.call(key, { path: `/v1/chat/completions?${query}` })
    assert.equal(reply.status, 400)
    assert.match(String(errorIn(reply)['message']), /a key of this gateway stands in the URL, as `/)
  }
  assert.equal(sluice.worker.calls, 0)
  assert.equal((await sluice.call(key, { path: '/v1/chat/completions?key=theirs' })).status, 200)
})

test('short entries are told of at the start, without being repeated', async (t) => {
  const limits = { 'team-a': { rpm: 1 }, 'sk-long-enough-for-this': { rpm: 1 } }
  const { gateway } = await startManaged(t, { keys: { limits } })
  assert.match(gateway.stderr(), /"entries":1.*somebody may guess/)
  assert.ok(!gateway.stderr().includes('team-a'))
})
