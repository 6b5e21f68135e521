import assert from 'node:assert/strict'
import { buildProxiedBaseUrl } from 'sluice/client'
import type { JsonObject, Trace } from 'sluice/plugin'
import { createSimulator } from '../../src/simulator/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'

const SIMULATOR = { models: ['sluice-sim'], seed: 1 } as const

/** A gateway in front of a simulator, and that simulator's twin, which says what a client should get. */
export interface Stand {
  readonly gateway: RunningGateway
  /** Base URL of the twin: the same prompt gets the same reply there, without a gateway. */
  readonly direct: string
  /** Base URL of the gateway with a slug for this session. */
  through(session: string, metadata?: JsonObject): string
  /** The session's traces, each held against what the twin says of the same request. */
  exactTraces(session: string): Promise<readonly Trace[]>
}

/** @param more keys of the gateway's configuration */
export async function startStand(
  scope: { after(undo: () => unknown): void },
  more: Readonly<Record<string, unknown>> = {},
): Promise<Stand> {
  const twin = createSimulator({ ...SIMULATOR, tokensPerSecond: 0, ttftMs: 0 })
  scope.after(() => twin.close())
  const { url } = await twin.listen()
  const gateway = await startGateway(scope, {
    config: {
      upstreams: [{ simulator: { ...SIMULATOR, tokens_per_second: 0, ttft_ms: 0 } }],
      ...more,
    },
  })
  return {
    gateway,
    direct: `${url}/v1`,
    through: (session, metadata = {}) =>
      buildProxiedBaseUrl(gateway.url, { session_name: session, ...metadata }),
    async exactTraces(session) {
      const traces = (await gateway.json(`/sessions/${session}/traces`)) as Trace[]
      for (const [index, trace] of traces.entries()) {
        assert.equal(trace.seq, index + 1)
        await checkExact(trace, url)
      }
      return traces
    },
  }
}

/** What the engine itself knows of a reply. */
interface Sampled {
  readonly token_ids: readonly number[]
  readonly logprobs: { content: readonly { logprob: number }[]; token_logprobs: readonly number[] }
  readonly prompt_token_ids?: readonly number[]
}

async function checkExact(trace: Trace, twin: string): Promise<void> {
  const chat = trace.dialect === 'chat'
  const { stream: _, stream_options: __, ...asked } = trace.raw_request ?? {}
  const reply = await fetch(`${twin}/v1/${chat ? 'chat/completions' : 'completions'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, return_token_ids: true, logprobs: chat ? true : 1 }),
  })
  const truth = (await reply.json()) as {
    choices: readonly Sampled[]
    prompt_token_ids?: readonly number[]
    usage: JsonObject
  }
  assert.deepEqual([trace.status, trace.reason, trace.warnings], ['complete', null, []])
  assert.deepEqual(
    trace.prompt_token_ids,
    chat ? truth.prompt_token_ids : truth.choices[0]?.prompt_token_ids,
  )
  assert.deepEqual(
    trace.choices.map((choice) => [choice.token_ids, choice.logprobs]),
    truth.choices.map(({ token_ids, logprobs }) => [
      token_ids,
      chat ? logprobs.content.map(({ logprob }) => logprob) : logprobs.token_logprobs,
    ]),
  )
  assert.equal(trace.usage?.['completion_tokens'], truth.usage['completion_tokens'])
  const { extends_last_turn: _extends, ...counted } = trace.checks
  assert.deepEqual(counted, {
    ids_match_usage: true,
    prompt_matches_usage: true,
    logprobs_aligned: true,
  })
}

/** Whether each trace, from the second on, begins with the tokens of the one before. */
export function extendsLastTurn(traces: readonly Trace[]): readonly (boolean | null)[] {
  return traces.slice(1).map(({ checks }) => checks.extends_last_turn)
}

/**
 * A reply without what every reply has of its own. Nulls go too: a field that the gateway asked for on
 * its own account is absent at the caller, where an engine that was not asked writes null. So does the
 * fingerprint, which a stream ends with: it may come with the usage that only the gateway asked for.
 */
export function lasting(reply: unknown): unknown {
  return JSON.parse(
    JSON.stringify(reply, (key, value: unknown) =>
      value === null || OF_ITS_OWN.has(key) ? undefined : value,
    ),
  )
}

const OF_ITS_OWN: ReadonlySet<string> = new Set([
  'id',
  'created',
  'tool_call_id',
  'system_fingerprint',
])
