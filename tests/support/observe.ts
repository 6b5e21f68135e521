import type { Attempt, Call, Chunk, FullTrace, Hooks, Json, Plugin, Setup } from 'sluice/plugin'
import logprobExtraction from '../../plugins/logprob-extraction/index.ts'
import streamAccumulator from '../../plugins/stream-accumulator/index.ts'
import { blankTrace } from './blank-trace.ts'
import { chunkOf } from './chunks.ts'

type Column = 'tokens' | 'bytes' | 'top_logprobs'

export interface Observation {
  readonly call?: Partial<Call>
  readonly trace?: Partial<FullTrace>
  readonly keep?: readonly Column[]
}

/** The trace that these plugins make of a reply's chunks; both built-in observers unless named. */
export async function traceOf(
  chunks: readonly (Json | Chunk)[],
  observation: Observation = {},
  plugins: readonly Hooks[] = observers(observation.keep),
): Promise<FullTrace> {
  const call = blankCall(observation.call)
  const taps = plugins.map((plugin) => plugin.stream?.(call, ATTEMPT))
  for (const chunk of chunks) {
    for (const tap of taps) tap?.observe?.(isChunk(chunk) ? chunk : chunkOf(chunk))
  }
  let trace = blankTrace({ dialect: call.dialect, ...observation.trace })
  for (const plugin of plugins) trace = (await plugin.trace?.(trace, call)) ?? trace
  return trace
}

export function observers(keep?: readonly Column[]): readonly [Hooks, Hooks] {
  return [accumulator(), extraction(keep)]
}

export function accumulator(): Hooks {
  return hooksOf(streamAccumulator, {})
}

export function extraction(keep: readonly Column[] = ['tokens', 'bytes', 'top_logprobs']): Hooks {
  return hooksOf(logprobExtraction, { keep })
}

export function blankCall(fields: Partial<Call> = {}): Call {
  return {
    id: '00000000-0000-4000-8000-000000000000',
    requestId: 'request',
    sessions: ['session'],
    metadata: {},
    dialect: 'chat',
    method: 'POST',
    path: '/v1/chat/completions',
    model: 'model',
    streaming: true,
    received: {},
    headers: {},
    startedAt: 0,
    signal: new AbortController().signal,
    ...fields,
  }
}

const ATTEMPT: Attempt = {
  index: 0,
  upstream: { name: 'test', kind: 'vllm', url: 'http://127.0.0.1/', simulated: false },
}

function hooksOf<Config>(
  plugin: { setup(setup: Setup<Config>): Hooks | Promise<Hooks> } & Pick<Plugin, 'name'>,
  config: Config,
): Hooks {
  const hooks = plugin.setup({
    config,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    traces: { begin: async () => {}, save: async () => {} },
    memory: { get: () => undefined, set: async () => {} },
  })
  if (hooks instanceof Promise) throw new Error(`${plugin.name} sets itself up asynchronously`)
  return hooks
}

function isChunk(value: Json | Chunk): value is Chunk {
  return typeof value === 'object' && value !== null && 'omit' in value
}
