import type { IncomingHttpHeaders } from 'node:http'
import type { LogprobsMode } from './logprobs.ts'

/** What a fault rule may look at. */
export interface FaultSubject {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Number of requests before this one, so that a rule can fail the first two only. */
  readonly index: number
}

export interface SimulatorOptions {
  /** Served model names. Default `['sluice-sim']`. */
  readonly models?: readonly string[]
  /** Default 0. The same seed gives the same replies. */
  readonly seed?: number
  /** Speed of each choice; 0, the default, is as fast as possible. */
  readonly tokensPerSecond?: number
  /** Time to the first token in milliseconds. Default 0. */
  readonly ttftMs?: number
  /** Most tokens in one chunk; above 1 chunks hold 1 to that many, as speculative decoding gives. */
  readonly tokensPerChunk?: number
  /** Default 32,768 tokens. */
  readonly maxModelLen?: number
  /** The vLLM version to pass for. Default `0.24.0`. */
  readonly version?: string
  readonly logprobsMode?: LogprobsMode
  /** Guards the paths under `/v1`. */
  readonly apiKey?: string
  /** Tokens of a reply with its end token: exactly, or drawn between two bounds. Default 16 to 64. */
  readonly replyTokens?: number | readonly [low: number, high: number]
  /** Think blocks and a parser for them. Default off. */
  readonly reasoning?: boolean
  /** A parser for tool calls. Default on. */
  readonly toolCalls?: boolean
  /** Reports cached prompt tokens in `usage.prompt_tokens_details`. Default off. */
  readonly usageDetails?: boolean
  /** `tokenIds: false` behaves like vLLM before 0.10.2. */
  readonly features?: { readonly tokenIds?: boolean }
  /** `openai` behaves like OpenAI's own server. Default `vllm`. */
  readonly flavour?: 'vllm' | 'openai'
  /**
   * A fault for every POST under `/v1`, or a rule that gives one for any request; the `x-sim-fault`
   * header goes before it.
   */
  readonly fault?: string | ((subject: FaultSubject) => string | undefined)
}

/** The options with every default applied. */
export interface Settings {
  readonly models: readonly string[]
  readonly seed: number
  readonly tokensPerSecond: number
  readonly ttftMs: number
  readonly tokensPerChunk: number
  readonly maxModelLen: number
  readonly version: string
  readonly logprobsMode: LogprobsMode
  readonly apiKey: string | null
  readonly replyTokens: number | readonly [low: number, high: number]
  readonly reasoning: boolean
  readonly toolCalls: boolean
  readonly usageDetails: boolean
  readonly tokenIds: boolean
  readonly flavour: 'vllm' | 'openai'
  readonly fault: (subject: FaultSubject) => string | undefined
  /** Says in every reply that no model wrote it. */
  readonly fingerprint: string
}

export const resolveOptions = (options: SimulatorOptions): Settings => {
  const { fault, version = '0.24.0' } = options
  return {
    models: options.models ?? ['sluice-sim'],
    seed: options.seed ?? 0,
    tokensPerSecond: options.tokensPerSecond ?? 0,
    ttftMs: options.ttftMs ?? 0,
    tokensPerChunk: options.tokensPerChunk ?? 1,
    maxModelLen: options.maxModelLen ?? 32_768,
    version,
    logprobsMode: options.logprobsMode ?? 'raw_logprobs',
    apiKey: options.apiKey ?? null,
    replyTokens: options.replyTokens ?? [16, 64],
    reasoning: options.reasoning ?? false,
    toolCalls: options.toolCalls ?? true,
    usageDetails: options.usageDetails ?? false,
    tokenIds: (options.features?.tokenIds ?? true) && options.flavour !== 'openai',
    flavour: options.flavour ?? 'vllm',
    fault: typeof fault === 'function' ? fault : (subject) => faultOf(subject, fault),
    fingerprint: `sluice-simulator-${version}`,
  }
}

/** Health checks and control routes stay well unless a rule says otherwise. */
const faultOf = ({ method, url }: FaultSubject, fault: string | undefined): string | undefined =>
  method === 'POST' && url.startsWith('/v1/') ? fault : undefined
