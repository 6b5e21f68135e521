import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, readReply, send, type RawReply } from '../support/raw-client.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { createGate, noise } from './gate.ts'
import { isWhole } from './load.ts'
import { mountDisk, whyNoDisk } from './small-disk.ts'

const noDisk = whyNoDisk()
/** More than what may be left of a page that is in use. */
const LARGE = 100_000

test(
  'on a full disk no answer looks finished, and with room again all goes on',
  { skip: noDisk ?? false },
  async (t) => {
    const disk = mountDisk(t, '8m')
    const upstream = await startUpstream(t)
    const config = configOf(upstream, join(disk.dir, 'traces.db'))
    const gateway = await startGateway(t, { config })
    upstream.play(single(completion('before')))
    const before = await post(urlOf(gateway), chat(false))
    assert.equal(before.status, 200)

    // Two calls are under way, their intents committed, when the disk fills up.
    const gate = createGate(LARGE)
    upstream.play(gate.single(completion(noise(LARGE))), gate.stream)
    const arrived = upstream.next()
    const body = post(urlOf(gateway), chat(false))
    await arrived
    const stream = await send(urlOf(gateway), Buffer.from(JSON.stringify(chat(true))))
    await once(stream, 'readable')
    disk.fill()
    gate.open()
    assertUnavailable(await body)
    const cut = await readReply(stream)
    assert.equal(cut.complete, false)
    assert.match(cut.body.toString(), /"content":"first"/, 'what came before was not held up')
    assert.match(cut.body.toString(), /"code":"capture_unavailable"/)
    assert.doesNotMatch(cut.body.toString(), /\[DONE\]|"finish_reason":"stop"/)

    const calls = upstream.seen.length
    for (const streamed of [false, true]) {
      assertUnavailable(await post(urlOf(gateway), chat(streamed, { user: noise(LARGE) })))
    }
    assert.equal(upstream.seen.length, calls, 'what cannot be recorded is not sent')
    assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
    const kept = (await gateway.json(`/traces/${traceId(before)}`)) as Trace
    assert.equal(kept.status, 'complete', 'what was recorded can be read')

    disk.free()
    upstream.play(single(completion('after')))
    assert.ok(isWhole(await post(urlOf(gateway), chat(false)), false))
    await gateway.stop()
    // What was withheld while the disk was full was recorded when there was room, at the latest now.
    assert.deepEqual(await statusesAfterRestart(t, gateway, config), [
      'complete',
      'partial',
      'partial',
      'complete',
    ])
    assert.equal(integrityOf(join(disk.dir, 'traces.db')), 'ok')
  },
)

test(
  'a gateway whose disk is full from the start says so in one line',
  { skip: noDisk ?? false },
  async (t) => {
    const disk = mountDisk(t, '1m')
    disk.fill()
    const config = { store: { path: join(disk.dir, 'traces.db') } }
    await assert.rejects(startGateway(t, { config }), (error: Error) => {
      assert.match(error.message, /did not start: sluice: The trace store cannot be used: .*\n$/)
      assert.equal(error.message.trimEnd().split('\n').length, 1)
      return true
    })
  },
)

test(
  'a file that may not grow further is a full disk, not a dead gateway',
  { skip: hasPrlimit() ? false : 'prlimit (util-linux) is not here' },
  async (t) => {
    const upstream = await startUpstream(t)
    upstream.play(single(completion(noise(LARGE))))
    const gateway = await startGateway(t, {
      config: configOf(upstream),
      command: ['prlimit', '--fsize=1000000:unlimited', process.execPath],
    })
    let calls = 0
    let reply = await post(urlOf(gateway), chat(false))
    while (isWhole(reply, false) && ++calls < 100) reply = await post(urlOf(gateway), chat(false))
    t.diagnostic(`${calls} calls fitted in`)
    assert.ok(calls > 0)
    assertUnavailable(reply)
    assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
    execFileSync('prlimit', ['--pid', String(gateway.child.pid), '--fsize=unlimited'])
    assert.ok(isWhole(await post(urlOf(gateway), chat(false)), false))
  },
)

function configOf(upstream: ScriptedUpstream, path?: string): Record<string, unknown> {
  return {
    log_level: 'silent',
    upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }],
    ...(path === undefined ? {} : { store: { path } }),
  }
}

function urlOf({ url }: RunningGateway): string {
  return `${url}/sessions/s/v1/chat/completions`
}

function assertUnavailable(reply: RawReply): void {
  assert.equal(reply.status, 503)
  assert.match(reply.body.toString(), /"code":"capture_unavailable"/)
}

function traceId({ headers }: RawReply): string {
  return String(headers['x-trace-id'])
}

async function statusesAfterRestart(
  t: TestContext,
  { dir }: RunningGateway,
  config: Record<string, unknown>,
): Promise<string[]> {
  const gateway = await startGateway(t, { dir, config })
  const traces = (await gateway.json('/sessions/s/traces')) as Trace[]
  await gateway.stop()
  return traces.map(({ status }) => status)
}

function integrityOf(path: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db.prepare('PRAGMA integrity_check').get()?.['integrity_check']
  } finally {
    db.close()
  }
}

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return process.platform === 'linux'
  } catch {
    return false
  }
}
