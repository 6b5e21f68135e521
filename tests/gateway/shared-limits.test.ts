import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis, type RunningRedis } from '../support/redis.ts'
import { createScope } from '../support/scope.ts'
import {
  ask,
  KEY,
  limitedBy,
  OTHER,
  othersRefused,
  startHungry,
  statuses,
  type HungryServer,
} from './limits-setup.ts'

const PRICE = { price: { input_per_token: 0, output_per_token: 1 / 1024 } }
const BUDGET_KEY = 'sk-user-three-0123456789abcdef'

describe('two gateways on one Redis', { skip: withoutRedis }, () => {
  const scope = createScope()
  let redis: RunningRedis
  let worker: HungryServer
  let gateways: readonly RunningGateway[]

  before(async () => {
    redis = await startRedis(scope)
    worker = await startHungry(scope)
    const limits = {
      [KEY]: { tpm: 1_000 },
      [OTHER]: { rpm: 5 },
      [BUDGET_KEY]: { max_budget: 1 },
    }
    const config = { ...limitedBy(limits, [worker.url], PRICE), redis: { port: redis.port } }
    gateways = await Promise.all([1, 2].map(() => startGateway(scope, { config })))
  })
  after(() => scope.close())

  /** Makes a hundred calls at once, one half through each, of which so many should get in. */
  async function rush(key: string, maxTokens: number, letIn: number): Promise<void> {
    const seen = worker.calls
    worker.hold()
    const calls = Array.from({ length: 100 }, (_, index) => {
      const gateway = gateways[index % 2]
      assert.ok(gateway)
      return ask(gateway, key, { maxTokens, session: `s${index}` })
    })
    await Promise.all([othersRefused(calls, 100 - letIn), worker.seen(seen + letIn)])
    worker.release()
    assert.deepEqual(statuses(await Promise.all(calls)), { 200: letIn, 429: 100 - letIn })
  }

  test('overshoot the tokens of a key by one reservation at most', async () => {
    await rush(KEY, 100, 9)
  })

  test('overshoot the budget of a key by one reservation at most', async () => {
    await rush(BUDGET_KEY, 128, 8)
  })

  test('count the calls of a key together', async () => {
    const replies = []
    for (let turn = 0; turn < 8; turn += 1) {
      const gateway = gateways[turn % 2]
      assert.ok(gateway)
      replies.push(await ask(gateway, OTHER))
    }
    assert.deepEqual(statuses(replies), { 200: 5, 429: 3 })
    assert.equal(replies[4]?.headers['x-ratelimit-remaining-requests'], '0')
  })
})

describe('a gateway whose Redis is gone', { skip: withoutRedis }, () => {
  const scope = createScope()
  after(() => scope.close())

  test('counts by itself, and captures every call', async () => {
    const redis = await startRedis(scope)
    const worker = await startHungry(scope)
    const config = {
      ...limitedBy({ [KEY]: { rpm: 20 } }, [worker.url]),
      redis: { port: redis.port },
    }
    const gateway = await startGateway(scope, { config })
    assert.equal((await ask(gateway, KEY)).status, 200)
    await redis.stop()
    const replies = []
    for (let turn = 0; turn < 25; turn += 1) replies.push(await ask(gateway, KEY))
    assert.deepEqual(statuses(replies), { 200: 20, 429: 5 })
    for (const { status, headers } of replies) {
      if (status !== 200) continue
      const reply = await fetch(`${gateway.url}/traces/${String(headers['x-trace-id'])}`, {
        headers: { authorization: 'Bearer sk-master-0123456789abcdef' },
      })
      assert.equal(reply.status, 200)
    }
  })

  test('lets no limited call in where the configuration says so', async () => {
    const redis = await startRedis(scope)
    const worker = await startHungry(scope)
    const config = {
      ...limitedBy({ [KEY]: { rpm: 20 }, [OTHER]: {} }, [worker.url]),
      redis: { port: redis.port, when_gone: 'closed' },
    }
    const gateway = await startGateway(scope, { config })
    assert.equal((await ask(gateway, KEY)).status, 200)
    await redis.stop()
    const reply = await ask(gateway, KEY)
    assert.equal(reply.status, 503)
    assert.match(reply.body.toString(), /shared_state_unavailable/)
    assert.equal((await ask(gateway, OTHER)).status, 200)
    await redis.start()
    let back = await ask(gateway, KEY)
    while (back.status === 503) back = await ask(gateway, KEY)
    assert.equal(back.status, 200)
  })
})
