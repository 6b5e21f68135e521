import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { answeredBy, call, register, remove, startWorker } from './workers-setup.ts'

const NAMES = ['one', 'two', 'three', 'four']
const SESSIONS = Array.from({ length: 60 }, (_, at) => `task/${at}:0`)

test('gateways at which the same workers were registered apart agree on every session', async (t) => {
  const workers = await Promise.all(NAMES.map((name) => startWorker(t, name)))
  const late = await startWorker(t, 'late')
  const config = { store: { synchronous: 'off' } }
  const [here, there] = [await startGateway(t, { config }), await startGateway(t, { config })]
  for (const { url } of workers) await register(here, { url: `${url}/v1` })
  for (const [at, { url }] of workers.toReversed().entries()) {
    await register(there, { url, api_path: '/v1', worker_id: `other-${at}` })
  }
  const homes = async (gateway: RunningGateway): Promise<string[]> => {
    const found: string[] = []
    for (const session of SESSIONS) found.push(answeredBy(await call(gateway, session)))
    return found
  }
  const first = await homes(here)
  assert.deepEqual(new Set(first), new Set(NAMES))
  assert.deepEqual(await homes(there), first)

  await t.test('also when one joins, which takes sessions and moves no others', async () => {
    await register(here, { url: late.url, worker_id: 'late' })
    await register(there, { url: late.url })
    const joined = await homes(here)
    assert.deepEqual(await homes(there), joined)
    const moved = joined.filter((home, at) => home !== first[at])
    assert.deepEqual(new Set(moved), new Set(['late']))
    assert.ok(moved.length < SESSIONS.length / 2, `${moved.length} moved`)
  })

  await t.test('and when it leaves again, every session is where it was', async () => {
    assert.equal(await remove(here, 'late'), 200)
    assert.deepEqual(await homes(here), first)
  })
})
