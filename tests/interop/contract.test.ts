import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createSimulator } from '../../src/simulator/index.ts'
import { startGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { preparePython } from './python.ts'

const MODEL = 'Qwen/Qwen3-8B'
const ROLLOUT = 'harbor/hello-world:0'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

type Refused = readonly [status: number, message: string]
type Fields = Readonly<Record<string, unknown>>

/** What `contract.py` prints. */
interface Printed {
  readonly workers: Fields & {
    readonly first: string
    readonly health: { readonly workers: readonly Fields[] }
  }
  readonly weights: Fields & { readonly bad: Refused }
  readonly sessions: Fields & {
    readonly unnamed: string
    readonly created_at: number
    readonly unknown: Refused
  }
  readonly traces: Fields & { readonly traces: readonly TraceFields[]; readonly unknown: Refused }
  readonly gateway: Fields
  readonly deleting: Fields & { readonly gone: Refused }
}

interface TraceFields {
  readonly session_id: string
  readonly model: string
  readonly completion_token_ids: readonly number[]
  readonly prompt_token_ids: readonly number[]
  readonly logprobs: readonly number[]
  readonly weight_version: number
  readonly messages: readonly { readonly content: string }[]
  readonly params_sent: Fields
}

const { python, skip } = await preparePython()

for (const kind of ['sync', 'async']) {
  describe(`rLLM's ${kind} client at every route`, { skip }, () => {
    const scope = createScope()
    let worker: string
    let gateway: string
    let printed: Printed
    before(async () => {
      const simulator = createSimulator({ models: [MODEL] })
      scope.after(() => simulator.close())
      worker = (await simulator.listen()).url
      gateway = (await startGateway(scope)).url
      printed = (await python?.run('contract', kind, gateway, worker, MODEL)) as Printed
    })
    after(() => scope.close())

    test('adds, lists and removes workers, and one that is added twice is there once', () => {
      const { first, health, unknown, 'no url': noUrl, ...rest } = printed.workers
      const api_path = '/v1'
      const seen = { url: worker, api_path, healthy: true, active_requests: 0 }
      const named = { ...seen, worker_id: 'w-1', model_name: MODEL, weight: 2 }
      assert.deepEqual(rest, {
        before: [],
        again: first,
        listed: [{ ...seen, worker_id: first, model_name: null, weight: 1 }],
        removed: first,
        named: 'w-1',
      })
      assert.deepEqual(health, { workers: [named], healthy: 1, total: 1 })
      assertRefused(unknown, 404)
      assertRefused(noUrl, 400)
    })

    test('sets and reads the weight version', () => {
      const { bad, ...rest } = printed.weights
      assert.deepEqual(rest, { before: null, set: 7, after: 7 })
      assertRefused(bad, 400)
    })

    test('creates, reads and lists sessions', () => {
      const { unnamed, created_at: createdAt, unknown, ...rest } = printed.sessions
      assert.match(unnamed, UUID)
      assert.ok(Math.abs(createdAt - Date.now() / 1000) < 60)
      assert.deepEqual(rest, {
        rollout: ROLLOUT,
        url: `${gateway}/sessions/${ROLLOUT}/v1`,
        info: { session_id: ROLLOUT, trace_count: 3, metadata: { task: 'hello' } },
        listed: ['implicit/v1', unnamed, ROLLOUT],
        newest: ['implicit/v1'],
        future: [],
      })
      assertRefused(unknown, 404)
    })

    test('reads traces in the order of the calls', () => {
      const { traces, unknown, ...rest } = printed.traces
      assert.deepEqual(rest, {
        limited: [1, 2],
        since: [2, 3],
        "nobody's": [],
        one: true,
        queried: [
          [ROLLOUT, 1],
          [ROLLOUT, 2],
          ['implicit/v1', 1],
        ],
      })
      assert.deepEqual(
        traces.map(({ messages }) => messages[0]?.content),
        ['one', 'two', 'three'],
      )
      assertRefused(unknown, 404)
    })

    test('gets ids, logprobs, weight version and sampling parameters in them', () => {
      for (const trace of printed.traces.traces) {
        assert.deepEqual([trace.session_id, trace.model], [ROLLOUT, MODEL])
        assert.ok(trace.prompt_token_ids.length > 0)
        assert.equal(trace.completion_token_ids.length, 4)
        assert.equal(trace.logprobs.length, 4)
        assert.equal(trace.weight_version, 7)
        assert.deepEqual(
          [trace.params_sent['max_tokens'], trace.params_sent['temperature']],
          [4, 0.5],
        )
      }
    })

    test('asks for health, flush and reload', () => {
      const { 'bad flush': badFlush, ...rest } = printed.gateway
      assert.deepEqual(rest, { health: 'ok', flushed: true, reloaded: 'ok' })
      assertRefused(badFlush, 400)
    })

    test('deletes sessions, one and many, and is told how many traces went', () => {
      const { gone, ...rest } = printed.deleting
      assert.deepEqual(rest, { one: 3, nobody: 0, many: 2, left: [] })
      assertRefused(gone, 404)
    })
  })
}

/** An httpx.HTTPStatusError whose text is the gateway's own, which ends as its sentences do. */
function assertRefused(refused: unknown, status: number): void {
  const [actual, message] = refused as Refused
  assert.equal(actual, status)
  assert.match(message, /^[A-Z].{8,}/)
}
