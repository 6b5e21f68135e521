import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { createSimulator } from '../../src/simulator/index.ts'
import { preparePython, type Started } from './python.ts'

const MODULE = 'rllm_model_gateway'
const MODEL = 'Qwen/Qwen3-8B'
const SESSIONS = 20
const TURNS = 3
/** A trainer waits this long after SIGTERM before it kills. */
const STOP_MS = 5_000

/** What `rollouts.py` prints of each session. */
interface Rollout {
  readonly session: string
  readonly said: readonly string[]
  readonly steps: readonly Step[]
}

interface Step {
  readonly content: string
  readonly ids: number
  readonly logprobs: number
  readonly prompt_ids: number
  readonly extends_last_turn: boolean | null
}

const { python, skip } = await preparePython()

describe("the gateway started as rLLM's trainer starts it", { skip }, () => {
  test('serves concurrent rollouts whose traces match by position, and ends at SIGTERM', async (t) => {
    assert.ok(python)
    const cwd = folderOf(t)
    const port = await freePort()
    const [first, second] = [await workerOf(t), await workerOf(t)]
    const flags = ['--host', '0.0.0.0', '--port', String(port), '--model', MODEL]
    const store = ['--store', 'sqlite', '--db-path', join(cwd, 'traces.db')]
    const gateway = python.start(t, { cwd }, MODULE, ...flags, ...store)
    const rollouts = (await python
      .run('rollouts', `http://127.0.0.1:${port}`, String(SESSIONS), first, second)
      .catch((error: Error) => {
        throw new Error(`${error.message}\nThe gateway said: ${gateway.output()}`)
      })) as readonly Rollout[]

    assert.equal(rollouts.length, SESSIONS)
    for (const { session, said, steps } of rollouts) {
      assert.equal(said.length, TURNS, session)
      assert.deepEqual(
        steps.map(({ content }) => content),
        said,
        session,
      )
      for (const [turn, step] of steps.entries()) {
        const { content: _content, ids, logprobs, prompt_ids: promptIds, ...rest } = step
        assert.ok(ids > 0 && promptIds > 0, session)
        assert.equal(logprobs, ids, session)
        assert.deepEqual(rest, {
          finish_reason: 'stop',
          weight_version: 3,
          response_model: MODEL,
          extends_last_turn: turn === 0 ? null : true,
        })
      }
    }
    assert.equal(await endOf(gateway), 0, gateway.output())
  })

  test('has the exit code and the message of Sluice for a flag that is wrong', async (t) => {
    const gateway = python?.start(t, { cwd: folderOf(t) }, MODULE, '--port', 'none')
    assert.equal(await gateway?.exited, 1)
    assert.match(gateway?.output() ?? '', /^sluice: .*--port must be a port/m)
  })

  test('says what to do when there is no Sluice', async (t) => {
    const place = { cwd: folderOf(t), env: { SLUICE_BIN: '/nowhere/sluice' } }
    const gateway = python?.start(t, place, MODULE)
    assert.equal(await gateway?.exited, 1)
    assert.match(gateway?.output() ?? '', /SLUICE_BIN names '\/nowhere\/sluice', .*no such file/)
  })
})

/** Sends SIGTERM; the exit code, or a failure when the trainer would have had to kill. */
async function endOf(gateway: Started): Promise<number | null> {
  gateway.child.kill('SIGTERM')
  const late = AbortSignal.timeout(STOP_MS)
  return Promise.race([
    gateway.exited,
    once(late, 'abort').then(() => assert.fail(`it was still there after ${STOP_MS} ms`)),
  ])
}

async function workerOf(t: TestContext): Promise<string> {
  const simulator = createSimulator({ models: [MODEL] })
  t.after(() => simulator.close())
  const { url } = await simulator.listen()
  return url
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-process-mode-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A port that is free now; the trainer, too, chooses one before it starts the gateway. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
