import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import {
  ask,
  errorIn,
  KEY,
  limitedBy,
  othersRefused,
  startHungry,
  statuses,
  type HungryServer,
} from './limits-setup.ts'

const PRICE = { price: { input_per_token: 0, output_per_token: 1 / 1024 } }

describe('a budget', () => {
  const scope = createScope()
  let worker: HungryServer
  let gateway: RunningGateway
  let config: Record<string, unknown>

  before(async () => {
    worker = await startHungry(scope)
    config = limitedBy({ [KEY]: { max_budget: 1, alias: 'alice' } }, [worker.url], PRICE)
    gateway = await startGateway(scope, { config })
  })
  after(() => scope.close())

  test('that a hundred calls want at once is overshot by one reservation at most', async () => {
    worker.hold()
    // Each may cost an eighth of a dollar: with eight of them all of it is set aside.
    const calls = Array.from({ length: 100 }, (_, index) =>
      ask(gateway, KEY, { maxTokens: 128, session: `s${index}` }),
    )
    await Promise.all([othersRefused(calls, 92), worker.seen(8)])
    worker.release()
    const replies = await Promise.all(calls)
    assert.deepEqual(statuses(replies), { 200: 8, 429: 92 })
    let cost = 0
    for (const { status, headers } of replies) {
      if (status !== 200) continue
      const trace = (await gateway.json(
        `/traces/${String(headers['x-trace-id'])}`,
        asMaster,
      )) as Trace
      assert.equal(trace.caller?.key_alias, 'alice')
      cost += trace.cost ?? 0
    }
    assert.equal(cost, 1)
  })

  test('that is spent is a 429 that no client tries again, with LiteLLM’s words', async () => {
    const reply = await ask(gateway, KEY)
    assert.equal(reply.status, 429)
    assert.equal(reply.headers['x-should-retry'], 'false')
    const { message, type } = errorIn(reply)
    assert.equal(message, 'Budget has been exceeded! Key=alice Current cost: 1.0, Max budget: 1.0')
    assert.equal(type, 'budget_exceeded')
  })

  test('is still spent when the gateway was killed and is back', async () => {
    await gateway.kill()
    const again = await startGateway(scope, { config, dir: gateway.dir })
    assert.equal((await ask(again, KEY)).status, 429)
  })
})

const asMaster = { headers: { authorization: 'Bearer sk-master-0123456789abcdef' } }

describe('a budget and a call that fails', () => {
  const scope = createScope()
  after(() => scope.close())

  test('have nothing to do with each other: what failed costs nothing', async () => {
    const worker = await startHungry(scope)
    const config = limitedBy({ [KEY]: { max_budget: 0.5 } }, [worker.url], PRICE)
    const gateway = await startGateway(scope, { config })
    worker.server.play((socket) => {
      socket.write('HTTP/1.1 500 Broken\r\ncontent-length: 2\r\n\r\n{}')
    })
    // Each sets aside most of the fifty cents.
    for (let turn = 0; turn < 5; turn += 1) {
      assert.equal((await ask(gateway, KEY, { maxTokens: 400 })).status, 500)
    }
  })

  test('a model without a price is not kept back by a budget that is spent', async () => {
    const worker = await startHungry(scope)
    const paid = { url: worker.url, kind: 'generic', models: ['paid'], ...PRICE }
    const free = { url: worker.url, kind: 'generic', models: ['free'], name: 'free' }
    const { keys } = limitedBy({ [KEY]: { max_budget: 0.01 } }, [])
    const gateway = await startGateway(scope, { config: { keys, upstreams: [paid, free] } })
    assert.equal((await ask(gateway, KEY, { maxTokens: 20, extra: { model: 'paid' } })).status, 200)
    assert.equal((await ask(gateway, KEY, { extra: { model: 'paid' } })).status, 429)
    assert.equal((await ask(gateway, KEY, { extra: { model: 'free' } })).status, 200)
  })

  test('a key by a new text has spent what it has, also after a restart', async () => {
    const worker = await startHungry(scope)
    const config = limitedBy({}, [worker.url], PRICE)
    const gateway = await startGateway(scope, { config })
    const change = async (path: string, body: object): Promise<string> => {
      const headers = { ...asMaster.headers, 'content-type': 'application/json' }
      const made = await gateway.json(path, { method: 'POST', headers, body: JSON.stringify(body) })
      return (made as { key: string }).key
    }
    const first = await change('/key/generate', { max_budget: 0.25 })
    assert.equal((await ask(gateway, first, { maxTokens: 256 })).status, 200)
    const second = await change('/key/regenerate', { key: first })
    const third = await change('/key/regenerate', { key: second })
    assert.equal((await ask(gateway, third)).status, 429)
    await gateway.kill()
    const again = await startGateway(scope, { config, dir: gateway.dir })
    assert.equal((await ask(again, third)).status, 429)
    assert.equal((await ask(again, second)).status, 401)
  })

  test('what a call cost is in the books also where no plugin saves its trace', async () => {
    const worker = await startHungry(scope)
    const limited = limitedBy({ [KEY]: {} }, [worker.url], PRICE)
    const config = { ...limited, plugins: ['stream-accumulator'] }
    const gateway = await startGateway(scope, { config })
    const reply = await ask(gateway, KEY, { maxTokens: 512 })
    assert.equal(reply.status, 200)
    assert.equal(reply.headers['x-trace-id'], undefined)
    let rows: readonly { spend: number; completion_tokens: number }[] = []
    while (rows.length === 0) {
      rows = (await gateway.json('/spend/logs', asMaster)) as typeof rows
    }
    assert.deepEqual(
      rows.map(({ spend, completion_tokens: tokens }) => [spend, tokens]),
      [[0.5, 512]],
    )
  })
})
