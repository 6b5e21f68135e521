import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers, bodiesOf, refuses, routedGateway } from './routing-setup.ts'
import { answeredBy, attemptsOf, errorOf, startWorker } from './workers-setup.ts'

test('without retries an error reply is the answer, and the call was sent once', async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(refuses(500))
  const gateway = await routedGateway(t, [{ url: worker.url }])
  assert.equal((await gateway.ask()).status, 500)
  assert.equal(worker.calls, 1)
})

test('a call that failed is sent again elsewhere, at once, and each attempt is in the trace', async (t) => {
  const [bad, good] = [await startWorker(t, 'bad'), await startWorker(t, 'good')]
  bad.play(refuses(500, 'broken'))
  const gateway = await routedGateway(
    t,
    [
      { url: bad.url, order: 1 },
      { url: good.url, order: 2 },
    ],
    { retries: 2, litellm: true },
  )
  const reply = await gateway.ask()
  assert.equal(answeredBy(reply), 'good')
  assert.equal(reply.headers['x-litellm-attempted-retries'], '1')
  assert.deepEqual(attemptsOf(await gateway.traceOf(reply)), ['broken', 200])
})

test('after the last retry the caller gets the last error', async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(refuses(503, 'first'), refuses(429, 'second', { headers: { 'retry-after-ms': '5' } }))
  const gateway = await routedGateway(t, [{ url: worker.url }], { retries: 1 })
  const reply = await gateway.ask()
  assert.equal(reply.status, 429)
  assert.equal(worker.calls, 2)
  const { attempts } = await gateway.traceOf(reply)
  assert.deepEqual(
    attempts.map(({ status, error }) => [status, error]),
    [
      [503, 'first'],
      [429, null],
    ],
  )
})

test('retry-after is waited for when there is nobody else', async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(refuses(429, 'slow down', { headers: { 'retry-after-ms': '120' } }), answers('one'))
  const gateway = await routedGateway(t, [{ url: worker.url }], { retries: 1 })
  const { attempts } = await gateway.traceOf(await gateway.ask())
  assert.equal(attempts.length, 2)
  assert.ok((attempts[1]?.started_ms ?? 0) - (attempts[0]?.started_ms ?? 0) >= 119)
})

for (const status of [400, 404, 422]) {
  test(`a call that is refused with ${status} is not sent again`, async (t) => {
    const worker = await startWorker(t, 'one')
    worker.play(refuses(status))
    const gateway = await routedGateway(t, [{ url: worker.url }], { retries: 3 })
    assert.equal((await gateway.ask()).status, status)
    assert.equal(worker.calls, 1)
  })
}

test('a policy decides by the kind of failure, and the caller above it', async (t) => {
  const [one, two] = [await startWorker(t, 'one'), await startWorker(t, 'two')]
  for (const worker of [one, two]) worker.play(refuses(500))
  const gateway = await routedGateway(t, [{ url: one.url }, { url: two.url }], {
    retries: 1,
    retry_policy: { internal_server: 0 },
    litellm: true,
  })
  await gateway.ask()
  assert.equal(one.calls + two.calls, 1)
  await gateway.ask('m', {}, { 'x-litellm-num-retries': '1' })
  assert.equal(one.calls + two.calls, 3)
  assert.equal(errorOf(await gateway.ask('m', { num_retries: 'many' })), 'bad_body')
})

test('an upstream that asks for fewer calls gets none while it cools down', async (t) => {
  const [bad, good] = [await startWorker(t, 'bad'), await startWorker(t, 'good')]
  bad.play(refuses(429, 'busy'))
  const gateway = await routedGateway(
    t,
    [
      { url: bad.url, order: 1 },
      { url: good.url, order: 2 },
    ],
    { cooldown_ms: 60_000, retries: 1 },
  )
  for (let at = 0; at < 3; at += 1) assert.equal(answeredBy(await gateway.ask()), 'good')
  assert.equal(bad.calls, 1)
})

test('orders are escalated to without retries: that is what they are for', async (t) => {
  const [first, second] = [await startWorker(t, 'first'), await startWorker(t, 'second')]
  first.play(refuses(500))
  const gateway = await routedGateway(t, [
    { url: first.url, order: 1 },
    { url: second.url, order: 2 },
  ])
  assert.equal(answeredBy(await gateway.ask()), 'second')
  assert.equal(bodiesOf(first).length, 1)
})
