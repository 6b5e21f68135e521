import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Trace } from 'sluice/plugin'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, readReply, send, type RawReply } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { createGate, noise } from './gate.ts'
import { isWhole } from './load.ts'

test('a file that is locked for a moment makes calls late, and nothing else', async (t) => {
  const { gateway, call } = await locked(t, { deadline_ms: 20_000, busy_timeout_ms: 100 })
  assert.equal((await call()).status, 200)
  const unlock = lock(gateway)
  const started = performance.now()
  const calls = Array.from({ length: 8 }, () => call())
  await delay(300)
  unlock()
  const replies = await Promise.all(calls)
  assert.ok(performance.now() - started >= 300, 'nothing was answered before it could be recorded')
  assert.ok(replies.every((reply) => isWhole(reply, false)))
  const traces = (await gateway.json('/sessions/s/traces')) as Trace[]
  assert.deepEqual(
    traces.map(({ seq, status }) => [seq, status]),
    Array.from({ length: 9 }, (_, at) => [at + 1, 'complete']),
  )
})

test('a file that stays locked turns calls away in time, unsent, and all is well after', async (t) => {
  const deadline_ms = 400
  // One attempt may wait longer than the whole call may take: the deadline is to win.
  const store = { deadline_ms, busy_timeout_ms: 5_000, max_queued_bytes: 1_048_576 }
  // A plugin that tried again to save what was never begun would be late by this.
  const { gateway, call, upstream } = await locked(t, store, { backoffMs: 10_000 })
  assert.equal((await call()).status, 200)
  const sent = upstream.seen.length
  const unlock = lock(gateway)
  const started = performance.now()
  // Far more than the queue may hold.
  const order: string[] = []
  const replies = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const reply = await call(noise(200_000))
      order.push(codeOf(reply))
      return reply
    }),
  )
  const took = performance.now() - started
  assert.deepEqual(
    replies.map(({ status }) => status),
    Array.from({ length: 20 }, () => 503),
  )
  const waited = order.indexOf('capture_unavailable')
  assert.ok(waited > 0, 'those that the queue has no room for are told at once')
  assert.deepEqual(new Set(order.slice(0, waited)), new Set(['overloaded']))
  assert.deepEqual(new Set(order.slice(waited)), new Set(['capture_unavailable']))
  assert.ok(took < deadline_ms * 5, `they were told after ${Math.round(took)} ms`)
  assert.ok(
    replies.some(({ headers }) => headers['retry-after'] !== undefined),
    'and to come back',
  )
  assert.equal(upstream.seen.length, sent, 'no model ran for them')
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
  unlock()
  assert.equal((await call()).status, 200)
  assert.equal(((await gateway.json('/admin/store')) as { queued: number }).queued, 0)
  const traces = (await gateway.json('/sessions/s/traces')) as Trace[]
  assert.deepEqual(
    traces.map(({ seq }) => seq),
    [1, 2],
    'what was turned away left no gap',
  )
})

test('a stream whose trace cannot be saved in time does not look finished', async (t) => {
  const { gateway, upstream } = await locked(
    t,
    { deadline_ms: 300, busy_timeout_ms: 50 },
    { deadlineMs: 300 },
  )
  const gate = createGate()
  upstream.play(gate.stream)
  const body = Buffer.from(JSON.stringify(chat(true)))
  const head = await send(`${gateway.url}/sessions/s/v1/chat/completions`, body)
  await once(head, 'readable')
  const unlock = lock(gateway)
  gate.open()
  const reply = await readReply(head)
  unlock()
  assert.equal(reply.complete, false)
  assert.match(reply.body.toString(), /"code":"capture_unavailable"/)
  assert.doesNotMatch(reply.body.toString(), /\[DONE\]|finish_reason":"stop"/)
  const trace = await whenSettled(gateway, String(head.headers['x-trace-id']))
  assert.deepEqual([trace.status, trace.reason], ['partial', 'capture_unavailable'])
  assert.ok(trace.warnings.includes('ending_withheld'))
  assert.equal(trace.choices[0]?.finish_reason, 'stop', 'what came in is kept')
})

/** The trace, once the gateway has had another chance to save it; asks until it is no longer pending. */
async function whenSettled(gateway: RunningGateway, id: string): Promise<Trace> {
  for (;;) {
    const trace = (await gateway.json(`/traces/${id}`)) as Trace
    if (trace.status !== 'pending') return trace
  }
}

async function locked(
  t: TestContext,
  store: Record<string, number>,
  tracing: Record<string, number> = {},
) {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('an answer')))
  const gateway = await startGateway(t, {
    config: {
      log_level: 'silent',
      store,
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }],
      plugins: [
        { use: 'tracing', config: tracing },
        'parameter-injection',
        'logprob-extraction',
        'stream-accumulator',
      ],
    },
  })
  const call = (content = 'q'): Promise<RawReply> =>
    post(
      `${gateway.url}/sessions/s/v1/chat/completions`,
      chat(false, { messages: [{ role: 'user', content }] }),
    )
  return { gateway, upstream, call }
}

/** Another process, which this one is, takes the write lock, as a backup tool does. */
function lock({ dir }: RunningGateway): () => void {
  const db = new DatabaseSync(join(dir, 'traces.db'), { timeout: 5_000 })
  db.exec('BEGIN IMMEDIATE')
  return () => {
    db.exec('ROLLBACK')
    db.close()
  }
}

function codeOf({ body }: RawReply): string {
  return (JSON.parse(body.toString()) as { error: { code: string } }).error.code
}
