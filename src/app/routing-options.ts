import type { Config, UpstreamConfig } from '../config/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import type { ForwardOptions } from '../stages/index.ts'
import { DEFAULT_ROUTING, type RoutingOptions, type Terms } from '../upstream/index.ts'
import type { TokenPrices } from '../util/token-prices.ts'

/** How upstreams are chosen. */
export function routingOf({ routing }: Config): RoutingOptions {
  const { strategy_args: args, wait } = routing
  return {
    strategy: routing.strategy,
    spillFactor: routing.spill_factor,
    spillFloor: routing.spill_floor,
    sessionAffinity: routing.session_affinity,
    latency: {
      ttlMs: args.ttl_ms ?? DEFAULT_ROUTING.latency.ttlMs,
      buffer: args.latency_buffer,
      samples: args.latency_samples,
    },
    allowedFails: routing.allowed_fails ?? null,
    allowedFailsPolicy: routing.allowed_fails_policy,
    cooldownMs: routing.cooldown_ms,
    preCallChecks: routing.pre_call_checks,
    tagFiltering: routing.tag_filtering,
    wait: { max: wait.max, timeoutMs: wait.timeout_ms },
  }
}

/** What is done about failed attempts. */
export function forwardingOf({ routing }: Config): ForwardOptions {
  const aliases = Object.entries(routing.model_aliases)
  return {
    retries: routing.retries,
    retryAfterMs: routing.retry_after_ms,
    retryPolicy: routing.retry_policy,
    fallbacks: new Map(Object.entries(routing.fallbacks)),
    contextWindowFallbacks: new Map(Object.entries(routing.context_window_fallbacks)),
    contentPolicyFallbacks: new Map(Object.entries(routing.content_policy_fallbacks)),
    defaultFallbacks: routing.default_fallbacks,
    maxFallbacks: routing.max_fallbacks,
    aliases: new Map(
      aliases.map(([name, meant]) => [name, typeof meant === 'string' ? meant : meant.model]),
    ),
    hiddenAliases: new Set(
      aliases.flatMap(([name, meant]) =>
        typeof meant !== 'string' && meant.hidden === true ? [name] : [],
      ),
    ),
    choosesByTags: routing.tag_filtering !== 'off',
    litellm: routing.litellm,
  }
}

/** What is agreed for an upstream. */
export function termsOf(entry: UpstreamConfig): Terms {
  const { max_input_tokens: longest, base_model: baseModel } = entry.info
  return {
    sendModel: entry.send_model ?? null,
    order: entry.order,
    tags: entry.tags,
    share: entry.weight === 1 ? null : entry.weight,
    rpm: entry.rpm ?? null,
    tpm: entry.tpm ?? null,
    maxParallel: entry.max_parallel_requests ?? null,
    timeoutMs: entry.timeout_ms ?? null,
    streamTimeoutMs: entry.stream_timeout_ms ?? null,
    retries: entry.retries ?? null,
    cooldownMs: entry.cooldown_ms ?? null,
    maxInputTokens: typeof longest === 'number' ? longest : null,
    price: entry.price ? comparable(entry.price) : null,
    prices: entry.price ?? null,
    baseModel: typeof baseModel === 'string' ? baseModel : null,
    provider: entry.provider,
    params: entry.params as JsonObject,
    extraBody: entry.extra_body as JsonObject,
    dropParams: entry.drop_params,
    info: entry.info as JsonObject,
  }
}

/** A token of a prompt and one of an answer; null where neither has a price. */
export function comparable({
  input_per_token: input,
  output_per_token: output,
}: TokenPrices): number | null {
  return input === undefined && output === undefined ? null : (input ?? 0) + (output ?? 0)
}
