import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { errorIn, startManaged, type ManagedGateway } from '../admin/managed-gateway.ts'
import { createScope } from '../support/scope.ts'

describe('a key with a list of models', () => {
  const scope = createScope()
  let sluice: ManagedGateway
  let key: string

  before(async () => {
    sluice = await startManaged(scope, {
      config: { routing: { litellm: true, model_aliases: { fast: 'a' } } },
    })
    key = await sluice.generate({ models: ['a'], aliases: { mine: 'a', theirs: 'b' } })
  })
  after(() => scope.close())

  const sentModel = (): unknown =>
    (JSON.parse(String(sluice.worker.server.seen.at(-1)?.body)) as Record<string, unknown>)['model']

  test('may ask those, and gets a 403 for others in the words of LiteLLM, unsent', async () => {
    assert.equal((await sluice.call(key, { model: 'a' })).status, 200)
    const calls = sluice.worker.calls
    const refused = await sluice.call(key, { model: 'b' })
    assert.equal(refused.status, 403)
    assert.equal(
      errorIn(refused)['message'],
      "key not allowed to access model. This key can only access models=['a']. Tried to access b",
    )
    assert.equal(errorIn(refused)['param'], 'model')
    assert.equal(sluice.worker.calls, calls)
  })

  test('asks by its aliases, and by those of the configuration, for what it may', async () => {
    for (const model of ['mine', 'fast']) {
      assert.equal((await sluice.call(key, { model })).status, 200, model)
      assert.equal(sentModel(), 'a')
    }
    assert.equal((await sluice.call(key, { model: 'theirs' })).status, 403)
    const other = await sluice.generate({ models: ['fast'] })
    assert.equal((await sluice.call(other, { model: 'fast' })).status, 200)
    assert.equal((await sluice.call(other, { model: 'a' })).status, 403)
  })

  test('is shown what it may ask, also by the aliases of the configuration', async () => {
    const { body } = await sluice.get('/v1/models', key)
    const ids = (body['data'] as readonly { readonly id: string }[]).map(({ id }) => id)
    assert.deepEqual(ids, ['fast'], 'the server says of none that it has it')
  })

  test('cannot have another one asked instead', async () => {
    for (const fallbacks of [['b'], [{ model: 'b' }]]) {
      const refused = await sluice.call(key, { model: 'a', body: { fallbacks } })
      assert.deepEqual(
        [refused.status, String(errorIn(refused)['message']).slice(-17)],
        [403, 'Tried to access b'],
      )
    }
  })

  test('has to name one, wherever a body may', async () => {
    for (const path of ['/v1/chat/completions', '/v1/audio/transcriptions', '/v1/rerank']) {
      const refused = await sluice.call(key, { path, body: { model: undefined } })
      assert.equal(refused.status, 403, path)
    }
  })

  test('is kept to what its team may ask', async () => {
    await sluice.post('/team/new', { team_id: 't', models: ['b'] })
    const ofTeam = await sluice.generate({ team_id: 't' })
    const whole = await sluice.generate({ team_id: 't', models: ['all-team-models'] })
    assert.equal((await sluice.call(ofTeam, { model: 'b' })).status, 200)
    assert.equal((await sluice.call(whole, { model: 'b' })).status, 200)
    const refused = await sluice.call(ofTeam, { model: 'a' })
    assert.equal(
      errorIn(refused)['message'],
      "team not allowed to access model. This team can only access models=['b']. Tried to access a",
    )
    await sluice.post('/team/update', { team_id: 't', models: ['a'] })
    assert.equal((await sluice.call(ofTeam, { model: 'a' })).status, 200)
    assert.equal((await sluice.call(whole, { model: 'b' })).status, 403)
  })
})
