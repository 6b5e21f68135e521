import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startAdmin } from './setup.ts'

suite('the gateway itself', () => {
  test('shows its plugins and its store', async () => {
    await using admin = await startAdmin({
      hooks: { describe: () => [{ name: 'tracing' }], tracing: true },
    })
    assert.deepEqual((await admin.ask('GET', '/admin/plugins')).body, [{ name: 'tracing' }])
    assert.deepEqual((await admin.ask('GET', '/admin/store')).body, {
      name: 'memory',
      durability: 'none',
      sessions: 0,
      traces: 0,
      interrupted: 0,
      bytes: 0,
      commits: 0,
      rows: 0,
      queued: 0,
    })
  })
})
