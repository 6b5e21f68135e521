import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { readReply, send, type RawReply } from '../support/raw-client.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { createScope } from '../support/scope.ts'
import { single, stream, type Script } from '../support/scripted-upstream.ts'
import { answerOf, ask, KEY, limitedBy, startHungry, type HungryServer } from './limits-setup.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'
import { SABOTEUR } from './saboteur.ts'

const PRICE = { price: { input_per_token: 0, output_per_token: 1 / 1024 } }
/** One call at a time, and a budget that two calls at a time would be too much for. */
const LIMITS = { max_parallel_requests: 1, max_budget: 1 }
const FREE = single(answerOf(0))

const cut: Script = stream([roleEvent(), tokenEvent('a')], { end: 'rst' })
const whole: Script = stream([roleEvent(), tokenEvent('b', { finish: 'stop' }), DONE])
const broken: Script = (socket) =>
  void socket.write('HTTP/1.1 500 Broken\r\ncontent-length: 2\r\n\r\n{}')
const gone: Script = (socket) => socket.destroy()

describe('what a call held is free for the next one', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let worker: HungryServer

  before(async () => {
    worker = await startHungry(scope)
    const { upstreams, keys } = limitedBy({ [KEY]: LIMITS }, [worker.url], PRICE)
    gateway = await startGateway(scope, {
      config: { upstreams, keys, plugins: [...BUILT_IN, 'saboteur'] },
      dir: folderWith(scope, { 'saboteur.ts': SABOTEUR }),
    })
  })
  after(() => scope.close())

  function call(streamed: boolean, metadata: object = {}): ReturnType<typeof send> {
    const body = Buffer.from(JSON.stringify(chat(streamed, { max_tokens: 1_000 })))
    return send(`${gateway.url}/v1/chat/completions`, body, {
      authorization: `Bearer ${KEY}`,
      'x-sluice-metadata': JSON.stringify(metadata),
    })
  }

  /** The next call gets in; where the last one may not be over yet, one of the next. */
  async function isFree(mayTakeTime = false): Promise<void> {
    worker.server.play(FREE)
    const next = async (): Promise<RawReply> => readReply(await call(false))
    let reply = await next()
    while (mayTakeTime && reply.status === 429) reply = await next()
    assert.equal(reply.status, 200, reply.body.toString())
  }

  for (const [what, script] of Object.entries({ whole, cut, broken, gone })) {
    for (const streamed of [true, false]) {
      test(`after an answer that is ${what}${streamed ? ', as a stream' : ''}`, async () => {
        worker.server.play(script)
        await readReply(await call(streamed)).catch(() => {})
        // A caller sees that an answer was cut before the call is over.
        await isFree(what === 'cut')
      })
    }
  }

  for (const hook of [
    'params',
    'upstream',
    'attempt',
    'intent',
    'headers',
    'stream',
    'trace',
    'save',
  ]) {
    for (const how of ['throw', 'refuse']) {
      test(`after a plugin’s ${hook} hook that does this: ${how}`, async () => {
        worker.server.play(FREE)
        await readReply(await call(false, { hook, how })).catch(() => {})
        await isFree()
      })
    }
  }

  test('after a caller that left before the first byte', async () => {
    const { promise: seen, resolve } = Promise.withResolvers<void>()
    worker.server.play(() => resolve())
    const abort = new AbortController()
    const left = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(chat(true, { max_tokens: 1_000 })),
      signal: abort.signal,
    })
    await seen
    abort.abort()
    await assert.rejects(left)
    await isFree(true)
  })
})

test(
  'a caller that leaves while Redis is asked for it holds nothing',
  { skip: withoutRedis },
  async (t) => {
    const redis = await startRedis(t)
    const worker = await startHungry(t)
    const config = {
      ...limitedBy({ [KEY]: LIMITS }, [worker.url], PRICE),
      redis: { port: redis.port, timeout_ms: 5_000 },
    }
    const gateway = await startGateway(t, { config })
    assert.equal((await ask(gateway, KEY)).status, 200)
    const before = worker.calls
    await redis.cli('CLIENT', 'PAUSE', '1000', 'WRITE')
    const body = JSON.stringify(chat(false))
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    const url = `${gateway.url}/v1/chat/completions`
    await assert.rejects(
      fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(200) }),
    )
    let reply = await ask(gateway, KEY)
    for (let tries = 0; reply.status === 429 && tries < 200; tries += 1) {
      reply = await ask(gateway, KEY)
    }
    assert.equal(reply.status, 200, reply.body.toString())
    assert.equal(worker.calls, before + 1)
  },
)
