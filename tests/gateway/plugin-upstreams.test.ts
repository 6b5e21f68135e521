import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, roleEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'

/** A gateway whose calls are all answered by an upstream that a plugin makes. */
async function answeredBy(
  t: TestContext,
  send: string,
  upstreams: readonly object[] = [
    { url: 'http://127.0.0.1:1', kind: 'generic', name: 'never asked' },
  ],
): Promise<RunningGateway> {
  const source = `export default {
    name: 'mine',
    setup: () => ({
      upstream: () => ({ name: 'mine', kind: 'generic', url: 'plugin:mine', simulated: true, healthy: true, inFlight: 0, models: null, send: ${send} }),
    }),
  }`
  const dir = folderWith(t, { 'mine.ts': source })
  const timeouts = { total_ms: 400, shutdown_ms: 100 }
  return startGateway(t, { dir, config: { upstreams, timeouts, plugins: [...BUILT_IN, 'mine'] } })
}

const call = (gateway: RunningGateway, streamed: boolean): ReturnType<typeof post> =>
  post(`${gateway.url}/sessions/s/v1/chat/completions`, chat(streamed))

const only = async (gateway: RunningGateway): Promise<Trace | undefined> =>
  ((await gateway.json('/sessions/s/traces')) as Trace[])[0]

const ANSWER = `async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: (async function* () { yield Buffer.from(${JSON.stringify(completion('from a plugin'))}) })() })`

describe('an upstream that a plugin returns', () => {
  for (const [what, upstreams] of [
    ['none at all', []],
    ['none for the model', [{ url: 'http://127.0.0.1:1', models: ['another'] }]],
  ] as const) {
    test(`answers the call where the gateway has ${what}`, async (t) => {
      const gateway = await answeredBy(t, ANSWER, upstreams)
      assert.equal((await call(gateway, false)).body.toString(), completion('from a plugin'))
      assert.deepEqual(
        (await only(gateway))?.attempts.map(({ status }) => status),
        [200],
      )
    })
  }

  test('answers the call, and the trace says who it was', async (t) => {
    const gateway = await answeredBy(t, ANSWER)
    const reply = await call(gateway, false)
    assert.equal(reply.body.toString(), completion('from a plugin'))
    const trace = await only(gateway)
    assert.deepEqual(
      [trace?.status, trace?.upstream?.name, trace?.upstream?.simulated],
      ['complete', 'mine', true],
    )
  })

  test('that never answers is left at the deadline, and does not keep the gateway from stopping', async (t) => {
    const gateway = await answeredBy(t, '() => new Promise(() => {})')
    assert.equal((await call(gateway, false)).status, 504)
    const trace = await only(gateway)
    assert.deepEqual([trace?.status, trace?.reason], ['error', 'deadline'])
    assert.equal(await gateway.stop(), 0)
  })

  test('that stops in the middle is left at the deadline; what came is kept', async (t) => {
    const event = JSON.stringify(roleEvent())
    const gateway = await answeredBy(
      t,
      `async () => ({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: (async function* () { yield Buffer.from(${event}); await new Promise(() => {}) })() })`,
    )
    const reply = await call(gateway, true)
    assert.equal(reply.complete, false)
    assert.match(reply.body.toString(), /"code":"deadline"/)
    const trace = await only(gateway)
    assert.deepEqual([trace?.status, trace?.reason], ['partial', 'deadline'])
    assert.equal(await gateway.stop(), 0)
  })
})
