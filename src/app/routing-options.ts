import type { Config, UpstreamConfig } from '../config/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { DEFAULT_FORWARDING, type ForwardOptions } from '../stages/index.ts'
import {
  DEFAULT_ROUTING,
  PLAIN_TERMS,
  type ByFailure,
  type RoutingOptions,
  type StrategyName,
  type Terms,
} from '../upstream/index.ts'

/** The keys of `routing` that a configuration may have. */
interface RoutingKeys {
  readonly strategy?: StrategyName
  readonly strategy_args?: {
    readonly ttl_ms?: number
    readonly latency_buffer?: number
    readonly latency_samples?: number
  }
  readonly session_affinity?: boolean
  readonly retries?: number
  readonly retry_after_ms?: number
  readonly retry_policy?: ByFailure
  readonly fallbacks?: Lists
  readonly context_window_fallbacks?: Lists
  readonly content_policy_fallbacks?: Lists
  readonly default_fallbacks?: readonly string[]
  readonly max_fallbacks?: number
  readonly allowed_fails?: number
  readonly allowed_fails_policy?: ByFailure
  readonly cooldown_ms?: number
  readonly pre_call_checks?: boolean
  readonly tag_filtering?: 'off' | 'any' | 'all'
  readonly model_aliases?: Readonly<Record<string, string | { readonly model: string }>>
  readonly wait?: { readonly max?: number; readonly timeout_ms?: number }
  readonly litellm?: boolean
}

/** The keys of an entry of `upstreams` that say what is agreed for it. */
interface TermKeys {
  readonly send_model?: string
  readonly order?: number
  readonly tags?: readonly string[]
  readonly rpm?: number
  readonly tpm?: number
  readonly max_parallel_requests?: number
  readonly timeout_ms?: number
  readonly stream_timeout_ms?: number
  readonly retries?: number
  readonly cooldown_ms?: number
  readonly params?: JsonObject
  readonly extra_body?: JsonObject
  readonly drop_params?: readonly string[]
  readonly info?: Readonly<Record<string, unknown>>
  readonly price?: { readonly input_per_token?: number; readonly output_per_token?: number }
}

type Lists = Readonly<Record<string, readonly string[]>>

/** How upstreams are chosen. */
export function routingOf(config: Config): RoutingOptions {
  const { spill_factor, spill_floor } = config.routing
  const keys = config.routing as RoutingKeys
  const { strategy_args: args = {}, wait = {} } = keys
  const { latency } = DEFAULT_ROUTING
  return {
    strategy: keys.strategy ?? DEFAULT_ROUTING.strategy,
    spillFactor: spill_factor,
    spillFloor: spill_floor,
    sessionAffinity: keys.session_affinity ?? false,
    latency: {
      ttlMs: args.ttl_ms ?? latency.ttlMs,
      buffer: args.latency_buffer ?? latency.buffer,
      samples: args.latency_samples ?? latency.samples,
    },
    allowedFails: keys.allowed_fails ?? null,
    allowedFailsPolicy: keys.allowed_fails_policy ?? {},
    cooldownMs: keys.cooldown_ms ?? DEFAULT_ROUTING.cooldownMs,
    preCallChecks: keys.pre_call_checks ?? false,
    tagFiltering: keys.tag_filtering ?? 'off',
    wait: {
      max: wait.max ?? DEFAULT_ROUTING.wait.max,
      timeoutMs: wait.timeout_ms ?? DEFAULT_ROUTING.wait.timeoutMs,
    },
  }
}

/** What is done about failed attempts. */
export function forwardingOf(config: Config): ForwardOptions {
  const keys = config.routing as RoutingKeys
  const aliases = Object.entries(keys.model_aliases ?? {})
  return {
    retries: keys.retries ?? DEFAULT_FORWARDING.retries,
    retryAfterMs: keys.retry_after_ms ?? 0,
    retryPolicy: keys.retry_policy ?? {},
    fallbacks: new Map(Object.entries(keys.fallbacks ?? {})),
    contextWindowFallbacks: new Map(Object.entries(keys.context_window_fallbacks ?? {})),
    contentPolicyFallbacks: new Map(Object.entries(keys.content_policy_fallbacks ?? {})),
    defaultFallbacks: keys.default_fallbacks ?? [],
    maxFallbacks: keys.max_fallbacks ?? DEFAULT_FORWARDING.maxFallbacks,
    aliases: new Map(
      aliases.map(([name, meant]) => [name, typeof meant === 'string' ? meant : meant.model]),
    ),
    litellm: keys.litellm ?? false,
  }
}

/** What is agreed for an upstream. */
export function termsOf(entry: UpstreamConfig): Terms {
  const keys = entry as TermKeys
  const longest = keys.info?.['max_input_tokens']
  const { input_per_token: input, output_per_token: output } = keys.price ?? {}
  return {
    sendModel: keys.send_model ?? null,
    order: keys.order ?? PLAIN_TERMS.order,
    tags: keys.tags ?? [],
    share: entry.weight === 1 ? null : entry.weight,
    rpm: keys.rpm ?? null,
    tpm: keys.tpm ?? null,
    maxParallel: keys.max_parallel_requests ?? null,
    timeoutMs: keys.timeout_ms ?? null,
    streamTimeoutMs: keys.stream_timeout_ms ?? null,
    retries: keys.retries ?? null,
    cooldownMs: keys.cooldown_ms ?? null,
    maxInputTokens: typeof longest === 'number' ? longest : null,
    price: input === undefined && output === undefined ? null : (input ?? 0) + (output ?? 0),
    params: keys.params ?? {},
    extraBody: keys.extra_body ?? {},
    dropParams: keys.drop_params ?? [],
  }
}
