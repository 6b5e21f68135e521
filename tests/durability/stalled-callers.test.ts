import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { send } from '../support/raw-client.ts'
import {
  head,
  single,
  startUpstream,
  writeChunk,
  type Script,
} from '../support/scripted-upstream.ts'

/** More than all the buffers on the way hold, so that everything is stuck behind the caller. */
const FLOOD = 16_000_000
/** Far below the deadlines that would end a test by themselves, far above what an exit takes. */
const PROMPT_MS = 15_000
const NEVER = 600_000

test('at its deadline a shutdown cuts a stream that nobody reads', async (t) => {
  const timeouts = { shutdown_ms: 200, client_stall_ms: NEVER }
  const { stop } = await stalled(t, flood, true, timeouts)
  assert.deepEqual(await stop(), ['partial', 'shutting_down'])
})

test('at its deadline a shutdown cuts an answer of one piece that nobody reads', async (t) => {
  const timeouts = { shutdown_ms: 200, client_stall_ms: NEVER }
  const { stop } = await stalled(t, single(completion('x'.repeat(FLOOD))), false, timeouts)
  assert.deepEqual(await stop(), ['complete', null])
})

test('a caller that stalls in the middle of a stream is let go', async (t) => {
  const timeouts = { shutdown_ms: NEVER, client_stall_ms: 300 }
  const { stop, cut } = await stalled(t, flood, true, timeouts)
  await cut
  assert.deepEqual(await stop(), ['partial', 'client_stalled'])
})

test('a caller that stalls behind the last byte is let go', async (t) => {
  const timeouts = { shutdown_ms: NEVER, client_stall_ms: 300 }
  const { stop } = await stalled(t, single(completion('x'.repeat(FLOOD))), false, timeouts)
  assert.deepEqual(await stop(), ['complete', null])
})

const flood: Script = async (socket) => {
  const type = 'text/event-stream'
  socket.write(head(200, { 'content-type': type, 'transfer-encoding': 'chunked' }))
  await writeChunk(socket, Buffer.from(roleEvent()))
  const event = Buffer.from(tokenEvent('x'.repeat(1_000_000)))
  for (let size = 0; size < FLOOD && !socket.destroyed; size += event.length) {
    await writeChunk(socket, event)
  }
}

/** A caller that has read the head of its answer and not a byte more. */
async function stalled(
  t: TestContext,
  script: Script,
  streamed: boolean,
  timeouts: Record<string, number>,
) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-stalled-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const upstream = await startUpstream(t)
  upstream.play(script)
  const upstreams = [{ url: upstream.url, kind: 'generic', name: 'scripted' }]
  const gateway = await startGateway(t, {
    dir,
    config: { log_level: 'silent', upstreams, timeouts },
  })
  const arrived = upstream.next()
  const body = Buffer.from(JSON.stringify(chat(streamed)))
  const reply = await send(`${gateway.url}/sessions/s/v1/chat/completions`, body)
  t.after(() => reply.destroy())
  return {
    /** Resolves when the gateway has given up the upstream's side of the call. */
    cut: arrived.then(({ closed }) => closed),
    /** Stops the gateway, which has to be prompt, and resolves to what became of the call. */
    stop: async () => {
      gateway.child.kill('SIGTERM')
      const [code] = (await once(gateway.child, 'exit', {
        signal: AbortSignal.timeout(PROMPT_MS),
      })) as [number | null]
      assert.equal(code, 0)
      const after = await startGateway(t, { dir, config: { upstreams } })
      const [trace] = (await after.json('/sessions/s/traces')) as Trace[]
      return [trace?.status, trace?.reason]
    },
  }
}
