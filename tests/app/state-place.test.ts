import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'

async function setVersion(gateway: RunningGateway, version: number): Promise<void> {
  await gateway.json('/admin/weight_version', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ weight_version: version }),
  })
}

test('small state lies beside the traces, so that another run with other traces begins anew', async (t) => {
  const config = { state_dir: undefined }
  const gateway = await startGateway(t, { config })
  await setVersion(gateway, 3)
  assert.ok(existsSync(join(gateway.dir, 'traces.state.json')))
  await gateway.stop()
  const store = { path: join(gateway.dir, 'other.db') }
  const other = await startGateway(t, { dir: gateway.dir, config: { ...config, store } })
  assert.deepEqual(await other.json('/admin/weight_version'), { weight_version: null })
})

test('with a store in memory the small state is in memory, too', async (t) => {
  const config = { state_dir: undefined, store: { kind: 'memory' } }
  const gateway = await startGateway(t, { config })
  await setVersion(gateway, 3)
  await gateway.stop()
  assert.ok(!existsSync(join(gateway.dir, 'traces.state.json')))
  const again = await startGateway(t, { dir: gateway.dir, config })
  assert.deepEqual(await again.json('/admin/weight_version'), { weight_version: null })
})
