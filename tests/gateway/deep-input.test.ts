import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { errorOf } from './workers-setup.ts'

const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`

test('an admin body that is nested too deeply is refused with the reason', async (t) => {
  const gateway = await startGateway(t)
  for (const field of ['metadata', 'sampling_params']) {
    const body = `{"session_id":"s","${field}":{"x":${deep}}}`
    const reply = await post(`${gateway.url}/sessions`, body)
    assert.deepEqual([reply.status, errorOf(reply)], [400, 'too_deep'])
  }
})

test('a configuration without an end is refused with the reason, and calls go on', async (t) => {
  const gateway = await startGateway(t, { config: { admin_token: 'k', upstreams: [] } })
  const headers = { authorization: 'Bearer k' }
  for (const config_yaml of [
    'project: &a [*a]',
    `project: ${deep}`,
    `project: ${'['.repeat(9_000)}`,
  ]) {
    const reply = await post(`${gateway.url}/admin/reload`, { config_yaml }, headers)
    assert.deepEqual([reply.status, errorOf(reply)], [400, 'bad_config'], config_yaml.slice(0, 20))
  }
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
})
