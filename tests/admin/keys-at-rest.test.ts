import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { startManaged } from './managed-gateway.ts'

/** Every byte that a gateway has left in a folder, but for what it was told to begin with. */
function bytesIn(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'gateway.yaml')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

test('keys, users and teams outlive a restart, and a key is nowhere to be read', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const config = { log_level: 'trace' }
  const first = await startManaged(t, { dir, config })
  await first.post('/team/new', { team_id: 't' })
  await first.post('/user/new', { user_id: 'u', auto_create_key: false })
  const old = await first.generate({ team_id: 't', user_id: 'u', key_alias: 'kept', max_budget: 2 })
  const key = String((await first.post(`/key/${old}/regenerate`)).body['key'])
  for (const headers of [{}, { 'x-api-key': key }, { 'x-note': key }]) {
    assert.equal((await first.call(key, { headers })).status, 200)
  }
  const reply = await first.call(key)
  await first.call(`${key}x`)
  await first.get(`/key/info?key=${key}`)
  await first.post('/key/block', { key: 'sk-nobody-at-all' })
  const trace = `/traces/${String(reply.headers.get('x-trace-id'))}`
  const shown = [
    JSON.stringify((await first.get(trace)).body),
    JSON.stringify((await first.get(`${trace}/raw/request`)).body),
    await (await fetch(`${first.gateway.url}/metrics`)).text(),
  ]
  const { body: before } = await first.get(`/key/info?key=${key}`)
  await first.gateway.kill()

  const second = await startManaged(t, { dir, config })
  assert.deepEqual((await second.get(`/key/info?key=${key}`)).body, before)
  assert.equal((await second.call(key)).status, 200)
  assert.equal((await second.call(old)).status, 401)
  assert.equal((await second.get('/team/info?team_id=t')).status, 200)
  assert.equal((await second.get('/user/info?user_id=u')).status, 200)
  await second.gateway.stop()
  const written = bytesIn(dir)
  assert.ok(written.includes('kept'), 'the store is in this folder')
  for (const text of [written, ...shown, first.gateway.stderr(), second.gateway.stderr()]) {
    assert.ok(!text.includes(key) && !text.includes(old))
  }
})

test('no body makes a key route fail of itself', async (t) => {
  const sluice = await startManaged(t)
  const name = fc.constantFrom(
    ...(
      'key keys key_aliases key_alias models aliases duration metadata ' +
      'max_budget budget_duration rpm_limit user_id user_ids team_id team_ids ' +
      'member members_with_roles teams blocked spend __proto__ extra token'
    ).split(' '),
  )
  const value = fc.oneof(
    fc.constantFrom('sk-1234567', 'x', '', '1d', '__proto__', '\ud800', null, true, -1, 0, 1e308),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const path = fc.constantFrom(
    ...(
      '/key/generate /key/update /key/delete /key/block /key/regenerate ' +
      '/v2/key/info /user/new /user/update /user/delete /team/new /team/update ' +
      '/team/delete /team/block /team/member_add /team/member_delete'
    ).split(' '),
  )
  await fc.assert(
    fc.asyncProperty(path, fc.dictionary(name, value, { maxKeys: 5 }), async (route, body) => {
      const reply = await sluice.post(route, body)
      assert.ok(reply.status < 500, `${route} ${JSON.stringify(body)}`)
    }),
    { numRuns: 300 },
  )
  assert.equal((await sluice.get('/key/list?return_full_object=true&size=100')).status, 200)
  assert.equal((await sluice.get('/user/list')).status, 200)
  assert.equal((await sluice.get('/team/list')).status, 200)
})
