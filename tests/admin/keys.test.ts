import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createScope } from '../support/scope.ts'
import { errorIn, startManaged, type ManagedGateway } from './managed-gateway.ts'

const sha = (text: string): string => hash('sha256', text)

describe('virtual keys', () => {
  const scope = createScope()
  let sluice: ManagedGateway

  before(async () => {
    sluice = await startManaged(scope, {
      keys: { limits: { 'sk-from-the-configuration': { rpm: 100, alias: 'fixed' } } },
    })
  })
  after(() => scope.close())

  test('are made with every field that LiteLLM answers with', async () => {
    const before = Date.now()
    const { status, body } = await sluice.post('/key/generate', {
      key_alias: 'ci',
      duration: '24h',
      models: ['m', 'openai/*'],
      aliases: { small: 'm' },
      allowed_cache_controls: ['no-cache'],
      max_budget: 1.5,
      budget_duration: '1mo',
      rpm_limit: 10,
      tpm_limit: 1000,
      max_parallel_requests: 2,
      user_id: 'u1',
      metadata: { team: 'core' },
      tags: ['a'],
    })
    assert.equal(status, 200)
    const { key, expires, created_at, updated_at, budget_reset_at, ...rest } = body
    const text = String(key)
    assert.match(text, /^sk-[A-Za-z0-9_-]{22}$/)
    assert.deepEqual(rest, {
      config: {},
      permissions: {},
      model_max_budget: {},
      soft_budget: null,
      organization_id: null,
      litellm_budget_table: null,
      tags: ['a'],
      key_name: `sk-...${text.slice(-4)}`,
      key_alias: 'ci',
      user_id: 'u1',
      team_id: null,
      aliases: { small: 'm' },
      allowed_cache_controls: ['no-cache'],
      models: ['m', 'openai/*'],
      metadata: { team: 'core' },
      blocked: false,
      max_budget: 1.5,
      budget_duration: '1mo',
      rpm_limit: 10,
      tpm_limit: 1000,
      max_parallel_requests: 2,
      spend: 0,
      origin: 'api',
      token: sha(text),
      token_id: sha(text),
    })
    const lasts = Date.parse(String(expires)) - before
    assert.ok(lasts >= 86_400_000 && lasts < 86_460_000)
    assert.match(String(budget_reset_at), /^\d{4}-\d\d-01T00:00:00.000Z$/)
    assert.equal(created_at, updated_at)
    const info = await sluice.get(`/key/info?key=${text}`)
    const { key: _key, token, token_id: _id, ...record } = body
    assert.deepEqual(info.body, { key: sha(text), info: record })
    assert.deepEqual((await sluice.get(`/key/info?key=${sha(text)}`)).body, info.body)
    assert.deepEqual((await sluice.post('/v2/key/info', { keys: [text, 'sk-nobody'] })).body, {
      key: [sha(text), sha('sk-nobody')],
      info: [{ token, ...record }],
    })
  })

  test('may be chosen, and two of the same cannot be', async () => {
    const made = await sluice.post('/key/generate', { key: 'sk-1234' })
    assert.deepEqual(
      [made.status, made.body['key'], made.body['key_name']],
      [200, 'sk-1234', 'sk-...'],
    )
    for (const key of ['sk-1234', 'sk-from-the-configuration', 'sk-master-of-the-tests']) {
      const again = await sluice.post('/key/generate', { key })
      assert.deepEqual([again.status, errorIn(again)['code']], [400, 'already_there'], key)
    }
  })

  test('tell about themselves, and about nothing else', async () => {
    const own = await sluice.generate({ key_alias: 'own' })
    const other = await sluice.generate()
    const info = await sluice.get('/key/info', own)
    assert.deepEqual([info.status, info.body['key']], [200, sha(own)])
    assert.equal((await sluice.get(`/key/info?key=${own}`, own)).status, 200)
    for (const path of [`/key/info?key=${other}`, '/key/list', '/sessions', '/traces']) {
      const refused = await sluice.get(path, own)
      assert.deepEqual([refused.status, errorIn(refused)['code']], [403, 'admin_only'], path)
    }
    const refused = await sluice.post('/key/generate', {}, own)
    assert.deepEqual([refused.status, errorIn(refused)['code']], [403, 'admin_only'])
    assert.equal((await sluice.get('/key/info', 'sk-nobody')).status, 401)
    assert.equal((await sluice.get('/key/info')).status, 400)
  })

  test('are changed in what is said, and null takes away', async () => {
    const text = await sluice.generate({
      rpm_limit: 1,
      duration: '1d',
      metadata: { a: 1 },
      note: 'x',
    })
    const { body, status } = await sluice.post('/key/update', {
      key: text,
      rpm_limit: null,
      tpm_limit: 7,
      duration: '-1',
      other: 'y',
    })
    assert.equal(status, 200)
    const { rpm_limit, tpm_limit, expires, metadata, note, other, key } = body
    assert.deepEqual(
      { rpm_limit, tpm_limit, expires, metadata, note, other, key },
      {
        rpm_limit: null,
        tpm_limit: 7,
        expires: null,
        metadata: { a: 1 },
        note: 'x',
        other: 'y',
        key: sha(text),
      },
    )
  })

  test('are deleted all or none, by key, hash or alias', async () => {
    const [a, b] = [await sluice.generate({ key_alias: 'd1' }), await sluice.generate()]
    const none = await sluice.post('/key/delete', { keys: [a, 'sk-nobody'] })
    assert.deepEqual([none.status, errorIn(none)['code']], [404, 'key_not_found'])
    assert.equal(errorIn(none)['message'], 'There is no such key: sk-...')
    const other = await sluice.post('/key/delete', { keys: [a, 'sk-nobody-has-this-one'] })
    assert.equal(errorIn(other)['message'], 'There is no such key: sk-...-one')
    assert.equal((await sluice.call(a)).status, 200)
    const gone = await sluice.post('/key/delete', { keys: [sha(b)] })
    assert.deepEqual([gone.status, gone.body], [200, { deleted_keys: [sha(b)] }])
    const alias = await sluice.post('/key/delete', { key_aliases: ['d1'] })
    assert.deepEqual(alias.body, { deleted_keys: [sha(a)] })
    assert.deepEqual([(await sluice.call(a)).status, (await sluice.call(b)).status], [401, 401])
  })

  test('are listed by pages, with filters', async () => {
    const texts = []
    for (const key_alias of ['l1', 'l2', 'l3']) {
      texts.push(await sluice.generate({ key_alias, user_id: 'lister' }))
    }
    const list = async (query: string): Promise<unknown> =>
      (await sluice.get(`/key/list?user_id=lister&sort_by=key_alias&sort_order=asc&${query}`)).body
    const [one, two, three] = texts.map(sha)
    const place = { total_count: 3, total_pages: 2 }
    assert.deepEqual(await list('size=2'), { keys: [one, two], current_page: 1, ...place })
    assert.deepEqual(await list('size=2&page=2'), { keys: [three], current_page: 2, ...place })
    const [full] = (
      (await list('key_alias=l2&return_full_object=true')) as { keys: Record<string, unknown>[] }
    ).keys
    assert.deepEqual([full?.['token'], full?.['key_alias']], [two, 'l2'])
    for (const query of [
      'size=0',
      'size=101',
      'page=x',
      'sort_by=no',
      'sort_order=up',
      'page=1&page=2',
    ]) {
      const refused = await sluice.get(`/key/list?${query}`)
      assert.deepEqual([refused.status, errorIn(refused)['code']], [400, 'bad_query'], query)
    }
  })

  test('of the configuration call and are shown, and cannot be changed', async () => {
    const key = 'sk-from-the-configuration'
    assert.equal((await sluice.call(key)).status, 200)
    const { body } = await sluice.get(`/key/info?key=${key}`)
    const { origin, key_alias, rpm_limit } = body['info'] as Record<string, unknown>
    assert.deepEqual(
      { origin, key_alias, rpm_limit },
      { origin: 'configuration', key_alias: 'fixed', rpm_limit: 100 },
    )
    for (const path of ['/key/update', '/key/block', '/key/regenerate']) {
      const refused = await sluice.post(path, { key })
      assert.deepEqual([refused.status, errorIn(refused)['code']], [400, 'key_is_configured'], path)
    }
    const refused = await sluice.post('/key/delete', { keys: [key] })
    assert.equal(errorIn(refused)['code'], 'key_is_configured')
  })

  test('made at once are all there', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, () => sluice.generate({ user_id: 'many' })),
    )
    assert.equal(new Set(made).size, 50)
    assert.equal((await sluice.get('/key/list?user_id=many')).body['total_count'], 50)
  })

  for (const [field, value] of [
    ['max_budget', -1],
    ['max_budget', '5'],
    ['rpm_limit', 1.5],
    ['tpm_limit', -1],
    ['max_parallel_requests', true],
    ['models', 'm'],
    ['models', [1]],
    ['aliases', { a: 1 }],
    ['metadata', []],
    ['duration', 'soon'],
    ['budget_duration', '1y'],
    ['key_alias', ''],
    ['key_alias', 'a\nb'],
    ['user_id', 7],
    ['blocked', 'yes'],
    ['key', 'pk-12345678'],
    ['key', 'sk-with space'],
    ['spend', 3],
  ] as const) {
    test(`are not made with ${field} ${JSON.stringify(value)}`, async () => {
      const refused = await sluice.post('/key/generate', { [field]: value })
      assert.equal(refused.status, 400)
      const { code, param, message } = errorIn(refused)
      assert.equal(code, 'bad_body')
      assert.ok(String(param).startsWith(field) && String(message).includes(`\`${field}`))
    })
  }
})
