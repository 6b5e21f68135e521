import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { chat, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, readReply, send } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, stream } from '../support/scripted-upstream.ts'
import {
  answerOf,
  ask,
  errorIn,
  KEY,
  limitedBy,
  MASTER,
  OTHER,
  othersRefused,
  startHungry,
  statuses,
  type HungryServer,
} from './limits-setup.ts'

const ANSWER = 100
/** Each call sets aside a little more, for its prompt: the ninth reaches a thousand tokens. */
const LET_IN = 9

describe('calls in a minute', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let worker: HungryServer

  before(async () => {
    worker = await startHungry(scope)
    const limits = { [KEY]: { rpm: 2 }, [OTHER]: {} }
    gateway = await startGateway(scope, { config: limitedBy(limits, [worker.url]) })
  })
  after(() => scope.close())

  test('are told with each answer, and the one too many is refused as LiteLLM does', async () => {
    const first = await ask(gateway, KEY)
    assert.equal(first.status, 200, first.body.toString())
    assert.equal(first.headers['x-ratelimit-limit-requests'], '2')
    assert.equal(first.headers['x-ratelimit-remaining-requests'], '1')
    assert.equal(first.headers['x-ratelimit-api_key-limit-requests'], '2')
    assert.equal(first.headers['x-ratelimit-api_key-remaining-requests'], '1')
    assert.match(String(first.headers['x-ratelimit-reset-requests']), /^(?:[1-5]?\d|60)s$/)
    assert.equal((await ask(gateway, KEY)).status, 200)
    const seen = worker.calls
    const third = await ask(gateway, KEY)
    assert.equal(third.status, 429)
    assert.match(
      errorIn(third).message,
      new RegExp(
        `^Rate limit exceeded for api_key: ${hash('sha256', KEY)}\\. Limit type: requests\\. ` +
          'Current limit: 2, Remaining: 0\\. Limit resets at: \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC$',
      ),
    )
    assert.equal(third.headers['rate_limit_type'], 'requests')
    assert.match(String(third.headers['reset_at']), / UTC$/)
    const retryAfter = Number(third.headers['retry-after'])
    assert.ok(retryAfter >= 1 && retryAfter <= 60, String(retryAfter))
    assert.equal(worker.calls, seen, 'a refused call went on')
    assert.equal(third.headers['x-trace-id'], undefined)
  })

  test('are those of one key: others go on', async () => {
    assert.deepEqual(statuses(await Promise.all([1, 2, 3].map(() => ask(gateway, OTHER)))), {
      200: 3,
    })
    assert.deepEqual(statuses(await Promise.all([1, 2, 3].map(() => ask(gateway, MASTER)))), {
      200: 3,
    })
  })
})

describe('tokens in a minute', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let worker: HungryServer

  before(async () => {
    worker = await startHungry(scope)
    const limits = { [KEY]: { tpm: 1_000 }, [OTHER]: { tpm: 1_000 } }
    gateway = await startGateway(scope, { config: limitedBy(limits, [worker.url]) })
  })
  after(() => scope.close())

  test('of a hundred calls that come at once overshoot by one reservation at most', async () => {
    worker.hold()
    const calls = Array.from({ length: 100 }, (_, index) =>
      ask(gateway, KEY, { maxTokens: ANSWER, session: `s${index}` }),
    )
    await Promise.all([othersRefused(calls, 100 - LET_IN), worker.seen(LET_IN)])
    worker.release()
    const replies = await Promise.all(calls)
    assert.deepEqual(statuses(replies), { 200: LET_IN, 429: 100 - LET_IN })
    const refused = replies.filter(({ status }) => status === 429)
    for (const reply of refused) {
      assert.match(errorIn(reply).message, /Limit type: tokens\. Current limit: 1000, /)
      assert.equal(errorIn(reply).type, 'rate_limit_error')
    }
  })

  test('are those that were used: what was set aside for nothing is given back', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      // Sets aside 1,024 tokens and more, for an answer of 10.
      const reply = await ask(gateway, OTHER, { extra: { max_tokens: undefined } })
      assert.equal(reply.status, 200, `call ${turn}: ${reply.body.toString()}`)
    }
  })
})

describe('tokens of calls that ask for more than there can be', () => {
  const scope = createScope()
  after(() => scope.close())

  test('do not make the gateway forget what was used before', async () => {
    const worker = await startHungry(scope)
    const config = limitedBy({ [KEY]: { tpm: 1_000 } }, [worker.url])
    const gateway = await startGateway(scope, { config })
    assert.equal((await ask(gateway, KEY, { maxTokens: 900 })).status, 200)
    for (const extra of [{ max_tokens: 1e300 }, { max_tokens: 1e308, n: 1e308 }]) {
      worker.server.play((socket) => {
        socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}')
      })
      assert.equal((await ask(gateway, KEY, { extra })).status, 400)
    }
    worker.server.play(single(answerOf(0)))
    const reply = await ask(gateway, KEY, { maxTokens: 10 })
    assert.equal(reply.status, 200)
    assert.ok(Number(reply.headers['x-ratelimit-remaining-tokens']) < 100)
  })

  test('are estimated where a stream was cut before they were told', async () => {
    const worker = await startHungry(scope)
    const config = limitedBy({ [KEY]: { tpm: 1_000 } }, [worker.url])
    const gateway = await startGateway(scope, { config })
    const long = tokenEvent('word '.repeat(400))
    worker.server.play(stream([roleEvent(), long], { end: 'rst' }))
    await ask(gateway, KEY, { extra: { stream: true } })
    worker.server.play(single(answerOf(0)))
    const remaining = async (): Promise<number> =>
      Number((await ask(gateway, KEY)).headers['x-ratelimit-remaining-tokens'])
    let left = await remaining()
    // What was set aside for the stream is held until the call is over.
    while (Number.isNaN(left)) left = await remaining()
    assert.ok(left > 300 && left < 550, `${left} are left`)
  })

  test('are set aside for each of the prompts and answers of a call', async () => {
    const worker = await startHungry(scope)
    const config = limitedBy({ [KEY]: { tpm: 1_000 } }, [worker.url])
    const gateway = await startGateway(scope, { config })
    worker.hold()
    const path = `${gateway.url}/v1/completions`
    const headers = { authorization: `Bearer ${KEY}` }
    const many = { model: 'm', prompt: ['a', 'b'], max_tokens: 200, n: 1, best_of: 3 }
    const first = post(path, many, headers)
    await worker.seen(1)
    assert.equal((await ask(gateway, KEY)).status, 429)
    worker.release()
    assert.equal((await first).status, 200)
  })
})

describe('calls at a time', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let worker: HungryServer

  before(async () => {
    worker = await startHungry(scope)
    const limits = { [KEY]: { max_parallel_requests: 2 } }
    gateway = await startGateway(scope, { config: limitedBy(limits, [worker.url]) })
  })
  after(() => scope.close())

  test('are free again when a call has ended, failed, or its caller has left', async () => {
    const url = `${gateway.url}/sessions/p/v1/chat/completions`
    const headers = { authorization: `Bearer ${KEY}` }
    const body = Buffer.from(JSON.stringify(chat(true)))
    worker.server.play(stream([roleEvent(), tokenEvent('a')], { end: 'stall' }))
    const first = await send(url, body, headers)
    const second = await send(url, body, headers)
    assert.deepEqual([first.statusCode, second.statusCode], [200, 200])
    const third = await readReply(await send(url, body, headers))
    assert.equal(third.status, 429)
    assert.match(errorIn(third).message, /Limit type: max_parallel_requests/)

    const gone = worker.server.seen.at(-1)?.closed
    second.destroy()
    await gone
    worker.server.play(stream([roleEvent(), tokenEvent('b', { finish: 'stop' }), DONE]))
    let fourth = await readReply(await send(url, body, headers))
    // The upstream may see the caller leave before the call is over.
    while (fourth.status === 429) fourth = await readReply(await send(url, body, headers))
    assert.equal(fourth.status, 200)
    assert.equal((await readReply(await send(url, body, headers))).status, 200)
    first.destroy()
  })
})
