import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createScope } from '../support/scope.ts'
import { startManaged, type ManagedGateway } from './managed-gateway.ts'

describe('what is kept and does nothing is named in x-sluice-not-enforced', () => {
  const scope = createScope()
  let sluice: ManagedGateway

  before(async () => {
    sluice = await startManaged(scope)
  })
  after(() => scope.close())

  const named = async (path: string, body: object): Promise<string | null> => {
    const { status, headers } = await sluice.post(path, body)
    assert.equal(status, 200, path)
    return headers.get('x-sluice-not-enforced')
  }

  test('be it a limit of LiteLLM that says something', async () => {
    const body = { allowed_routes: ['/v1/embeddings'], guardrails: [], key_type: 'default' }
    assert.equal(await named('/key/generate', body), 'allowed_routes')
    assert.equal(await named('/key/generate', { rpm_limit: 1 }), null)
  })

  test('or one that was misspelled, wherever keys, users and teams are made or changed', async () => {
    const key = await sluice.generate()
    const user = { user_id: 'ann' }
    const team = { team_id: 'red' }
    for (const [path, body] of [
      ['/key/generate', {}],
      ['/key/update', { key }],
      ['/key/regenerate', { key }],
      ['/user/new', user],
      ['/user/update', user],
      ['/team/new', team],
      ['/team/update', team],
    ] as const) {
      assert.equal(await named(path, { ...body, max_buget: 1 }), 'max_buget', path)
    }
  })

  test('whatever its name, as a header can say it', async () => {
    const sent = { 'a\n': 1, 'ü\ud800': 2 }
    assert.equal(await named('/key/generate', sent), 'a%0A, %C3%BC%EF%BF%BD')
  })
})
