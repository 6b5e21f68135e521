import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { readReply, send, type RawReply } from '../support/raw-client.ts'
import { single, startUpstream, type Script } from '../support/scripted-upstream.ts'
import { createGate } from './gate.ts'
import { isWhole } from './load.ts'

const STREAMS = 50

test('SIGTERM lets streams finish, stores them and refuses new connections', async (t) => {
  const gate = createGate()
  const { gateway, dir, config, replies } = await streaming(t, gate.stream, { shutdown_ms: 30_000 })
  gateway.child.kill('SIGTERM')
  await refused(gateway.port)
  gate.open()
  const ended = await Promise.all(replies)
  const whole = ended.filter((reply) => isWhole(reply, true))
  assert.equal(whole.length, STREAMS, 'every stream came to its own end')
  assert.equal(await exitCode(gateway), 0)
  assert.equal(gateway.stderr(), '')
  const after = await startGateway(t, { dir, config })
  assert.deepEqual(await statuses(after, ended), [['complete', null]])
})

test('an answer that is on its way when the gateway is told to stop arrives whole', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('x'.repeat(16_000_000))))
  const config = { upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }] }
  const gateway = await startGateway(t, { config })
  const body = Buffer.from(JSON.stringify(chat(false)))
  const slow = await send(`${gateway.url}/v1/chat/completions`, body)
  gateway.child.kill('SIGTERM')
  await refused(gateway.port)
  assert.equal((await readReply(slow)).complete, true)
  assert.equal(await exitCode(gateway), 0)
})

test('streams that outlast the deadline of a shutdown are cut, labelled and stored', async (t) => {
  const gate = createGate()
  const { gateway, dir, config, replies } = await streaming(t, gate.stream, { shutdown_ms: 200 })
  assert.equal(await gateway.stop(), 0)
  const ended = await Promise.all(replies)
  assert.ok(
    ended.every(({ complete }) => !complete),
    'no stream looks finished',
  )
  for (const { body } of ended) {
    const text = body.toString()
    assert.match(text, /"code":"shutting_down"/)
    assert.doesNotMatch(text, /\[DONE\]/)
  }
  const after = await startGateway(t, { dir, config })
  assert.deepEqual(await statuses(after, ended), [['partial', 'shutting_down']])
})

test('a connection that is kept open gets no further call in while the gateway stops', async (t) => {
  const held = createGate()
  const short = createGate()
  const { gateway, upstream, replies } = await streaming(t, held.stream, { shutdown_ms: 30_000 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  upstream.play(short.stream, short.stream)
  const first = await head(call(agent, gateway))
  gateway.child.kill('SIGTERM')
  await refused(gateway.port)
  short.open()
  assert.equal((await readReply(first)).complete, true)
  const calls = upstream.seen.length
  const second = await head(call(agent, gateway)).then(readReply, (error: Error) => error)
  if (!(second instanceof Error)) assert.equal(second.status, 503)
  assert.equal(upstream.seen.length, calls, 'no further call was sent')
  held.open()
  await Promise.all(replies)
  assert.equal(await exitCode(gateway), 0)
})

/** Streams that have said their first word and wait. */
async function streaming(t: TestContext, script: Script, timeouts: Record<string, number>) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-shutdown-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const upstream = await startUpstream(t)
  upstream.play(script)
  const upstreams = [{ url: upstream.url, kind: 'generic', name: 'scripted' }]
  const config = { upstreams, timeouts }
  const gateway = await startGateway(t, { dir, config })
  const body = Buffer.from(JSON.stringify(chat(true)))
  const heads = await Promise.all(
    Array.from({ length: STREAMS }, () => send(`${gateway.url}/v1/chat/completions`, body)),
  )
  await Promise.all(heads.map((reply) => once(reply, 'readable')))
  return { gateway, dir, config, upstream, replies: heads.map(readReply) }
}

/** Waits for the exit; `stop` would send a second signal, which means now. */
async function exitCode({ child }: RunningGateway): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Resolves when the port takes no connection any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => 'connected'),
      once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code),
    ]).catch((error: NodeJS.ErrnoException) => error.code)
    socket.destroy()
    if (outcome === 'ECONNREFUSED') return
  }
}

async function statuses(gateway: RunningGateway, replies: readonly RawReply[]): Promise<unknown[]> {
  const found = new Map<string, unknown>()
  for (const { headers } of replies) {
    const path = `/traces/${String(headers['x-trace-id'])}`
    const { status, reason } = (await gateway.json(path)) as Record<string, unknown>
    found.set(`${String(status)} ${String(reason)}`, [status, reason])
  }
  return [...found.values()]
}

function call(agent: Agent, { url }: RunningGateway): ReturnType<typeof request> {
  const outgoing = request(`${url}/v1/chat/completions`, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  outgoing.end(JSON.stringify(chat(true)))
  return outgoing
}

async function head(outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [reply] = (await once(outgoing, 'response')) as [IncomingMessage]
  return reply
}
