import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { chat, completion, DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream, stream } from '../support/scripted-upstream.ts'
import { isWhole } from './load.ts'
import { parseStrace, straceInto, whyNoStrace, type Moment } from './strace.ts'

/** Only a power cut could tell a synced commit from an unsynced one; the order of calls can as well. */
const CALLS = 20
const SYNCS = ['fsync', 'fdatasync']
const SENDS = ['write', 'writev', 'sendto', 'sendmsg']
const skip = whyNoStrace() ?? false

/** What is synced before it leaves, by the settings of the store. */
const ROWS = [
  {
    name: 'every answer ends after its trace was synced; its intent was written before it was sent',
    store: { synchronous: 'full' },
    synced: { intent: false, trace: true },
  },
  {
    name: 'with synced intents no call leaves before its intent was synced, either',
    store: { synchronous: 'full', intents: 'synced' },
    synced: { intent: true, trace: true },
  },
  {
    name: 'without full durability nothing is synced on the way, which this test would notice',
    store: { synchronous: 'normal', intents: 'synced' },
    synced: { intent: false, trace: false },
  },
]

for (const { name, store, synced } of ROWS) {
  test(name, { skip }, async (t) => {
    const steps = await traceCalls(t, store)
    assert.equal(steps.length, CALLS)
    for (const [call, { intent, trace }] of steps.entries()) {
      assert.deepEqual({ call, ...intent }, { call, written: true, synced: synced.intent })
      assert.deepEqual({ call, ...trace }, { call, written: true, synced: synced.trace })
    }
  })
}

/** What happened to the log before something left the gateway. */
interface Step {
  readonly written: boolean
  /** A sync returned well after the last write and before the bytes were handed to the socket. */
  readonly synced: boolean
}

async function traceCalls(t: TestContext, store: Record<string, string>) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-strace-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'syscalls')
  const upstream = await startUpstream(t)
  const tokens = [tokenEvent('some'), tokenEvent(' text', { finish: 'stop' })]
  const streamed = stream([roleEvent(), ...tokens, usageEvent(1, 2), DONE])
  const gateway = await startGateway(t, {
    config: {
      store,
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }],
    },
    command: [...straceInto(file, ['pwrite64', ...SYNCS, ...SENDS]), process.execPath],
  })
  for (let call = 0; call < CALLS; call++) {
    const isStream = call % 2 === 0
    upstream.play(isStream ? streamed : single(completion('some text')))
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(isStream))
    assert.ok(isWhole(reply, isStream))
  }
  assert.equal(await gateway.stop(), 0)
  return stepsOf(parseStrace(readFileSync(file, 'utf8')), gateway.port, upstream.port)
}

function stepsOf(moments: readonly Moment[], port: number, upstreamPort: number) {
  const steps: { intent: Step; trace: Step }[] = []
  let from = 0
  for (;;) {
    const sent = moments.findIndex((moment, at) => at >= from && isCallTo(moment, upstreamPort))
    const ended = moments.findIndex((moment, at) => at > sent && isEndingOn(moment, port))
    if (sent < 0 || ended < 0) return steps
    steps.push({
      intent: logBefore(moments.slice(from, sent)),
      trace: logBefore(moments.slice(sent, ended)),
    })
    // The rest of an ending that left in more than one piece belongs to the same call.
    from = ended + 1
  }
}

function logBefore(moments: readonly Moment[]): Step {
  const written = moments.findLastIndex(({ call, args }) => call === 'pwrite64' && isLog(args))
  const synced = moments.some(
    ({ call, args, when, result }, at) =>
      at > written && SYNCS.includes(call) && when !== 'enter' && result === 0 && isLog(args),
  )
  return { written: written >= 0, synced: written >= 0 && synced }
}

function isLog(args: string): boolean {
  return /^\d+<[^>]*\.db-wal>/.test(args)
}

function isCallTo({ call, args, when }: Moment, port: number): boolean {
  const mayLeave = SENDS.includes(call) && when !== 'exit'
  return mayLeave && args.includes(`->127.0.0.1:${port}]>`) && args.includes('POST /v1/')
}

/** The first of the bytes that tell the caller that its answer is complete. */
function isEndingOn({ call, args, when }: Moment, port: number): boolean {
  const mayLeave = SENDS.includes(call) && when !== 'exit'
  const isAnswer = new RegExp(`^\\d+<TCP:\\[127\\.0\\.0\\.1:${port}->`).test(args)
  return mayLeave && isAnswer && /finish_reason\\":\\"stop|\[DONE\]/.test(args)
}
