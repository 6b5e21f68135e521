import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion, roleEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { send } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, stream } from '../support/scripted-upstream.ts'
import { answeredBy, call, startWorker, until, type ScriptedWorker } from './workers-setup.ts'

const NAMES = ['one', 'two', 'three', 'four']
const SESSIONS = Array.from({ length: 40 }, (_, at) => `task-${at}`)

describe('which upstream a call goes to', () => {
  const scope = createScope()
  let workers: ScriptedWorker[]
  let gateway: RunningGateway

  before(async () => {
    workers = await Promise.all(NAMES.map((name) => startWorker(scope, name)))
    gateway = await startGateway(scope, { config: configOf(workers) })
  })
  after(() => scope.close())

  const configOf = (some: readonly ScriptedWorker[]): Record<string, unknown> => ({
    upstreams: some.map(({ url }) => ({ url, kind: 'generic', models: ['m', 'n'] })),
    store: { synchronous: 'off' },
    health: { interval_ms: 0 },
  })

  /** The name of the worker of each session. */
  async function homes(of: RunningGateway): Promise<string[]> {
    const found: string[] = []
    for (const session of SESSIONS) found.push(answeredBy(await call(of, session)))
    return found
  }

  test('every turn of a session goes to one upstream, and sessions are spread over all', async () => {
    const first = await homes(gateway)
    assert.deepEqual(await homes(gateway), first)
    assert.deepEqual(new Set(first), new Set(NAMES))
  })

  test('another gateway with the same upstreams in another order decides alike', async (t) => {
    const other = await startGateway(t, { config: configOf(workers.toReversed()) })
    assert.deepEqual(await homes(other), await homes(gateway))
  })

  test('with one upstream fewer only its own sessions move', async (t) => {
    const fewer = await startGateway(t, { config: configOf(workers.slice(1)) })
    const now = await homes(fewer)
    for (const [at, home] of (await homes(gateway)).entries()) {
      if (home !== 'one') assert.equal(now[at], home)
    }
  })

  test('of several sessions the last, which is the narrowest, decides', async () => {
    const [a = '', b = ''] = await apart()
    const home = answeredBy(await call(gateway, b))
    const headers = { 'x-session-id': b }
    assert.equal(answeredBy(await call(gateway, a, { headers })), home)
  })

  test('calls that name no session are spread', async () => {
    const seen: string[] = []
    while (seen.length < 8) seen.push(answeredBy(await call(gateway, null)))
    assert.deepEqual(seen.toSorted(), [...NAMES, ...NAMES].toSorted())
  })

  test('a session named default is one like any other', async () => {
    const first = answeredBy(await call(gateway, 'default'))
    for (let at = 0; at < 5; at += 1)
      assert.equal(answeredBy(await call(gateway, 'default')), first)
  })

  test('a session leaves an upstream that is too busy, for as long as it is', async (t) => {
    const config = { ...configOf(workers), routing: { spill_floor: 2, spill_factor: 1.5 } }
    const strict = await startGateway(t, { config })
    const session = 'task-0'
    const home = answeredBy(await call(strict, session))
    const worker = workers[NAMES.indexOf(home)] ?? assert.fail()
    worker.play(stream([roleEvent()], { end: 'stall' }))
    const body = Buffer.from(JSON.stringify(chat(true)))
    const held = []
    for (let at = 0; at < 3; at += 1) {
      held.push(await send(`${strict.url}/sessions/${session}/v1/chat/completions`, body))
    }
    const away = answeredBy(await call(strict, session))
    assert.notEqual(away, home)
    assert.equal(answeredBy(await call(strict, session)), away, 'the next in its own order')
    worker.play(single(completion(home)))
    for (const reply of held) reply.destroy()
    await until(strict, (list) => list.every(({ active_requests: calls }) => calls === 0))
    assert.equal(answeredBy(await call(strict, session)), home)
  })

  /** Two sessions with different homes. */
  async function apart(): Promise<readonly string[]> {
    const found = await homes(gateway)
    const other = found.findIndex((home) => home !== found[0])
    return [SESSIONS[0] ?? '', SESSIONS[other] ?? '']
  }
})

test('the model that a plugin sends decides, not the one the caller named', async (t) => {
  const [small, large] = [await startWorker(t, 'small'), await startWorker(t, 'large')]
  const gateway = await startGateway(t, {
    config: {
      upstreams: [
        { url: small.url, kind: 'generic', models: ['m'] },
        { url: large.url, kind: 'generic', models: ['large'] },
      ],
      model: 'large',
    },
  })
  assert.equal(answeredBy(await call(gateway, 's')), 'large')
})
