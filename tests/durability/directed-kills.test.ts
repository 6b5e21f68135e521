import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Trace } from 'sluice/plugin'
import type { Failpoint } from '../../src/trace/index.ts'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { createAuditor } from './audit.ts'
import { startLoad } from './load.ts'
import { startLastingUpstream } from './upstream.ts'

const FAILING = fileURLToPath(new URL('./failing-gateway.ts', import.meta.url))
const NOTHING = { lost: [], altered: [], gaps: [], unmentioned: [], pending: [], invented: [] }

interface Kill {
  readonly at: Failpoint
  /** How many commits, or checkpoints, go well before. */
  readonly skips: number
}

/** A call makes two commits: its intent, and its trace. */
const CALLS: readonly (Kill & { name: string; seen: number; status: string | null })[] = [
  {
    name: 'killed before its intent is committed, a call was never sent and never was',
    at: 'before_commit',
    skips: 0,
    seen: 0,
    status: null,
  },
  {
    name: 'killed after its intent is committed, a call was not sent and is interrupted',
    at: 'after_commit',
    skips: 0,
    seen: 0,
    status: 'interrupted',
  },
  {
    name: 'killed before its trace is committed, a call is interrupted and its answer withheld',
    at: 'before_commit',
    skips: 1,
    seen: 1,
    status: 'interrupted',
  },
  {
    name: 'killed after its trace is committed, a call is complete though nobody got the answer',
    at: 'after_commit',
    skips: 1,
    seen: 1,
    status: 'complete',
  },
]

for (const { name, seen, status, ...kill } of CALLS) {
  test(name, async (t) => {
    const dir = freshDir(t)
    const upstream = await startUpstream(t)
    upstream.play(single(completion('an answer')))
    const config = { upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }] }
    const doomed = await startDoomed(t, dir, config, kill)
    const answer = post(`${doomed.url}/sessions/s/v1/chat/completions`, chat(false))
    await assert.rejects(answer, { code: 'ECONNRESET' }, 'nothing of the answer came out')
    await died(doomed)
    assert.equal(upstream.seen.length, seen)
    const gateway = await startGateway(t, { dir, config })
    const traces = (await gateway.json('/sessions/s/traces')) as readonly Trace[]
    assert.deepEqual(
      traces.map((trace) => [trace.seq, trace.status]),
      status === null ? [] : [[1, status]],
    )
  })
}

const LOADED: readonly Kill[] = [
  { at: 'before_commit', skips: 25 },
  { at: 'after_commit', skips: 25 },
  { at: 'mid_checkpoint', skips: 8 },
]

for (const kill of LOADED) {
  test(`under load, a kill at ${kill.at} loses nothing`, async (t) => {
    const dir = freshDir(t)
    const upstream = await startLastingUpstream(t)
    const config = { upstreams: [{ url: upstream.url, kind: 'vllm', name: 'lasting' }] }
    const doomed = await startDoomed(t, dir, config, kill)
    const sessionOf = (client: number): string => `s-${client}`
    const load = startLoad(doomed.url, { clients: 16, name: kill.at, sessionOf })
    await died(doomed)
    await load.gone
    const gateway = await startGateway(t, { dir, config })
    const auditor = createAuditor()
    const sessions = Array.from({ length: 16 }, (_, client) => sessionOf(client))
    await auditor.sessions(gateway.url, sessions, load.sent)
    await auditor.receipts(gateway.url, load.receipts)
    auditor.upstream(await upstream.seen())
    assert.deepEqual(auditor.faults, NOTHING)
    assert.ok(load.receipts.length > 0, 'calls were answered before the kill')
    const complete = auditor.counts.get('complete') ?? 0
    t.diagnostic(`${load.receipts.length} answers in full, ${complete} complete traces`)
  })
}

function startDoomed(
  t: TestContext,
  dir: string,
  config: Record<string, unknown>,
  { at, skips }: Kill,
): Promise<RunningGateway> {
  const env = { FAILPOINT: at, FAILPOINT_SKIPS: String(skips), CHECKPOINT_BYTES: '65536' }
  return startGateway(t, { dir, config, env, main: FAILING })
}

async function died({ child }: RunningGateway): Promise<void> {
  if (child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
}

function freshDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-directed-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
