import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chat, roleEvent } from '../support/events.ts'
import { send } from '../support/raw-client.ts'
import { stream } from '../support/scripted-upstream.ts'
import { answers, refuses, routedGateway } from './routing-setup.ts'
import { answeredBy, errorOf, startWorker } from './workers-setup.ts'

const NAMES = ['a', 'b', 'c']
const stalled = stream([roleEvent()], { end: 'stall' })

test('least-busy spreads slow streams evenly, and those whose callers left do not count', async (t) => {
  const workers = await Promise.all(NAMES.map((name) => startWorker(t, name)))
  for (const worker of workers) worker.play(stalled)
  const gateway = await routedGateway(
    t,
    workers.map(({ url }) => ({ url })),
    { strategy: 'least-busy' },
  )
  const body = Buffer.from(JSON.stringify(chat(true)))
  const open = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => send(`${gateway.url}/v1/chat/completions`, body)),
    )
  const held = await open(8)
  const spread = (): number => {
    const calls = workers.map((worker) => worker.calls)
    return Math.max(...calls) - Math.min(...calls)
  }
  assert.ok(spread() <= 1, workers.map(({ calls }) => calls).join(' '))
  const closed = workers.flatMap(({ server }) => server.seen.map((request) => request.closed))
  for (const reply of held) reply.destroy()
  await Promise.all(closed)
  const before = workers.map(({ calls }) => calls)
  const more = await open(6)
  const gained = workers.map(({ calls }, at) => calls - (before[at] ?? 0))
  assert.deepEqual(gained, [2, 2, 2])
  for (const reply of more) reply.destroy()
})

test('an upstream takes no more calls at a time than it may, and the next is told when', async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(stalled, answers('one'))
  const gateway = await routedGateway(t, [{ url: worker.url, max_parallel_requests: 1 }])
  const held = await send(
    `${gateway.url}/v1/chat/completions`,
    Buffer.from(JSON.stringify(chat(true))),
  )
  const reply = await gateway.ask()
  assert.deepEqual([reply.status, errorOf(reply)], [429, 'upstreams_busy'])
  assert.equal(reply.headers['retry-after'], '1')
  assert.equal(worker.calls, 1)
  held.destroy()
})

test('where calls may wait they are sent when there is room, in the order they came', async (t) => {
  const worker = await startWorker(t, 'one')
  worker.play(stalled, answers('first'), answers('second'))
  const gateway = await routedGateway(t, [{ url: worker.url, max_parallel_requests: 1 }], {
    wait: { max: 2, timeout_ms: 20_000 },
  })
  const held = await send(
    `${gateway.url}/v1/chat/completions`,
    Buffer.from(JSON.stringify(chat(true))),
  )
  const came: string[] = []
  const waiting = [gateway.ask(), gateway.ask()].map(async (reply) =>
    came.push(answeredBy(await reply)),
  )
  // A third one is turned away, which shows that the two before it wait.
  let turnedAway = await gateway.ask()
  while (turnedAway.status !== 429) turnedAway = await gateway.ask()
  assert.match(turnedAway.body.toString(), /2 calls wait already|busy/)
  held.destroy()
  await Promise.all(waiting)
  assert.deepEqual(came, ['first', 'second'])
  assert.equal(worker.calls, 3)
})

test('rpm is kept to the call where the strategy counts', async (t) => {
  const [one, two] = [await startWorker(t, 'one'), await startWorker(t, 'two')]
  const gateway = await routedGateway(
    t,
    [
      { url: one.url, rpm: 2 },
      { url: two.url, rpm: 3 },
    ],
    { strategy: 'usage' },
  )
  const replies = []
  for (let at = 0; at < 6; at += 1) replies.push(await gateway.ask())
  const minuteTurned = replies.every(({ status }) => status === 200)
  if (minuteTurned) return // The calls came in two minutes of the clock.
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 200, 200, 200, 429],
  )
  assert.deepEqual([one.calls, two.calls], [2, 3])
  const seconds = Number(replies[5]?.headers['retry-after'])
  assert.ok(seconds >= 1 && seconds <= 60, String(seconds))
})

test('calls with tags go where the tags are, others to the default', async (t) => {
  const workers = await Promise.all(['free', 'paid', 'rest'].map((name) => startWorker(t, name)))
  const tags = [['free'], ['paid', 'eu'], ['default']]
  const gateway = await routedGateway(
    t,
    workers.map(({ url }, at) => ({ url, tags: tags[at] })),
    { tag_filtering: 'any' },
  )
  const by = async (said: string): Promise<string> =>
    answeredBy(await gateway.ask('m', {}, said === '' ? {} : { 'x-sluice-tags': said }))
  assert.deepEqual(
    [await by('free'), await by('x, eu'), await by(''), await by('unknown')],
    ['free', 'paid', 'rest', 'rest'],
  )
})

test('tags that nobody has are refused where there is no default', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url, tags: ['a'] }], {
    tag_filtering: 'all',
  })
  const reply = await gateway.ask('m', {}, { 'x-sluice-tags': 'a,b' })
  assert.deepEqual([reply.status, errorOf(reply)], [401, 'no_tagged_upstream'])
  assert.equal((await gateway.ask('m', {}, { 'x-sluice-tags': 'a' })).status, 200)
})

test('when all have cooled down the caller is told for how long', async (t) => {
  const workers = [await startWorker(t, 'a'), await startWorker(t, 'b')]
  for (const worker of workers) worker.play(refuses(429))
  const gateway = await routedGateway(
    t,
    workers.map(({ url }) => ({ url })),
    { cooldown_ms: 30_000, retries: 3 },
  )
  const first = await gateway.ask()
  assert.equal(errorOf(first), 429, 'what the upstream said')
  const second = await gateway.ask()
  assert.deepEqual([second.status, errorOf(second)], [429, 'upstreams_busy'])
  assert.ok(Number(second.headers['retry-after']) > 25)
  assert.deepEqual(
    workers.map(({ calls }) => calls),
    [1, 1],
  )
})

test('names of models that every object has are names like any other', async (t) => {
  const worker = await startWorker(t, 'one')
  const gateway = await routedGateway(t, [{ url: worker.url, models: ['m'] }], { fallbacks: {} })
  for (const model of ['constructor', '__proto__', 'toString']) {
    assert.equal(errorOf(await gateway.ask(model)), 'model_not_found')
  }
})
