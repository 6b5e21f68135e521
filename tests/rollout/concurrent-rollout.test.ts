import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trace } from '../../src/plugin/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { converse, pooled, startWorker, type Turn, type WorkerServer } from './rollout.ts'

const SESSIONS = 300
const TURNS = 10
const AT_ONCE = 100
const WORKERS = 4

const ids = Array.from({ length: SESSIONS }, (_, index) => `task-${index}:0`)

async function register(gateway: RunningGateway, worker: WorkerServer, id: string): Promise<void> {
  const added = await gateway.json('/admin/workers', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: worker.url, worker_id: id, model_name: 'policy' }),
  })
  assert.equal((added as { worker_id: string }).worker_id, id)
}

test('300 sessions of 10 turns, 100 at a time, while workers come and go', async (t) => {
  const servers = await Promise.all(
    Array.from({ length: WORKERS + 1 }, (_, index) => startWorker(t, index + 1)),
  )
  const gateway = await startGateway(t)
  for (const [index, server] of servers.slice(0, WORKERS).entries())
    await register(gateway, server, `w${index}`)

  let turns = 0
  let changes: Promise<unknown> = Promise.resolve()
  const late = servers[WORKERS] ?? assert.fail()
  const onTurn = (): void => {
    turns += 1
    if (turns === 1_000) changes = changes.then(() => register(gateway, late, 'late'))
    if (turns === 2_000)
      changes = changes.then(() => gateway.json('/admin/workers/w0', { method: 'DELETE' }))
  }
  const talks = new Map<string, Turn[]>()
  await pooled(ids, AT_ONCE, async (id) => {
    talks.set(id, await converse(gateway.url, id, TURNS, onTurn))
  })
  await changes

  await t.test('every trace is in its session, in turn order, none lost or mixed', async () => {
    for (const id of ids) {
      const traces = await tracesOf(gateway, id)
      const had = talks.get(id) ?? []
      assert.deepEqual(
        traces.map(({ trace_id }) => trace_id),
        had.map(({ traceId }) => traceId),
        id,
      )
      for (const [turn, trace] of traces.entries()) {
        assert.equal(trace.seq, turn + 1)
        assert.equal(trace.status, 'complete')
        assert.deepEqual(trace.messages.at(-1), { role: 'user', content: `${id} turn ${turn}` })
        assert.equal(trace.response_message['content'], had[turn]?.content)
        assert.equal(trace.completion_token_ids.length, trace.usage?.['completion_tokens'])
        assert.equal(trace.logprobs?.length, trace.completion_token_ids.length)
      }
    }
  })

  await t.test('the sessions that had to move did, and next to no others', async () => {
    const moved = { toNew: 0, fromGone: 0, spilled: 0 }
    for (const id of ids) {
      const route = (await tracesOf(gateway, id)).map(({ upstream }) => upstream?.name ?? '')
      const isMove = (from: string | undefined, to: string): boolean =>
        from !== undefined && from !== to
      const moves = route.filter((name, turn) => isMove(route[turn - 1], name))
      if (moves.includes('late')) moved.toNew += 1
      else if (route[0] === 'w0' && moves.length === 1) moved.fromGone += 1
      else if (moves.length > 0) moved.spilled += 1
    }
    t.diagnostic(JSON.stringify(moved))
    const share = SESSIONS / (WORKERS + 1)
    const slack = SESSIONS * 0.05
    assert.ok(moved.toNew > 0 && moved.toNew <= share + slack, 'to the new worker')
    assert.ok(moved.fromGone > 0 && moved.fromGone <= share + slack, 'from the removed one')
    assert.ok(moved.spilled <= slack, 'from a worker that was too busy for a moment')
  })
})

async function tracesOf(gateway: RunningGateway, id: string): Promise<Trace[]> {
  return (await gateway.json(`/sessions/${id}/traces`)) as Trace[]
}
