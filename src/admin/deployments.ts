import { providerOf } from '../metrics/index.ts'
import type { Json, JsonObject } from '../plugin/index.ts'
import type { Terms } from '../upstream/index.ts'
import type { TokenPrices } from '../util/token-prices.ts'
import type { AdminParts, UpstreamStatus } from './parts.ts'

/** A model at one upstream, as `/model/info` of LiteLLM's proxy shows it. */
export interface Deployment {
  readonly model_name: string
  readonly litellm_params: JsonObject
  readonly model_info: JsonObject
}

/** All that serve one model, as `/model_group/info` shows it. */
export interface ModelGroup extends JsonObject {
  readonly model_group: string
}

/** Names of fields that nobody is shown, wherever they stand in what the configuration says. */
const SECRETS =
  /(?:^|[_-])(?:api[_-]?key|key|secret|password|passwd|authorization|headers|credentials?|(?:access|auth|bearer|refresh)[_-]?token)$|^token$/i

/** One for each model of each upstream, in their order; `*` where an upstream takes any. */
export function deploymentsIn({
  upstreams,
  termsOf,
  prices,
}: Pick<AdminParts, 'upstreams' | 'termsOf' | 'prices'>): readonly Deployment[] {
  return upstreams.list().flatMap((upstream) => {
    const terms = termsOf(upstream)
    return (upstream.models ?? ['*']).map((name) => {
      const sent = terms.sendModel ?? name
      const priced = prices.of(upstream, { asked: name, sent, answered: null, promptTokens: 0 })
      return deploymentOf(name, upstream, terms, priced?.prices ?? {})
    })
  })
}

function deploymentOf(
  name: string,
  upstream: UpstreamStatus,
  terms: Terms,
  prices: TokenPrices,
): Deployment {
  const { id = upstream.name, url } = upstream
  const provider = providerAt(upstream, terms)
  return {
    model_name: name,
    litellm_params: {
      ...said(terms.params),
      ...said({
        model: `${provider}/${terms.sendModel ?? name}`,
        api_base: url,
        custom_llm_provider: provider,
        rpm: terms.rpm,
        tpm: terms.tpm,
        max_parallel_requests: terms.maxParallel,
        timeout: seconds(terms.timeoutMs),
        stream_timeout: seconds(terms.streamTimeoutMs),
        order: terms.order,
        weight: terms.share,
        tags: terms.tags.length === 0 ? null : terms.tags,
      }),
    },
    model_info: {
      mode: 'chat',
      litellm_provider: provider,
      max_input_tokens: terms.maxInputTokens,
      ...costsOf(prices),
      ...said(terms.info),
      id,
      db_model: false,
    },
  }
}

function providerAt({ kind }: UpstreamStatus, { provider }: Terms): string {
  if (provider === null || provider === 'openai') return providerOf(kind)
  return provider === 'text-completion' ? 'text-completion-openai' : provider
}

/** US dollars, by LiteLLM's names. */
function costsOf(prices: TokenPrices): JsonObject {
  return {
    input_cost_per_token: prices.input_per_token ?? null,
    output_cost_per_token: prices.output_per_token ?? null,
    ...said({
      cache_read_input_token_cost: prices.cached_input_per_token ?? null,
      cache_creation_input_token_cost: prices.cache_write_per_token ?? null,
      output_cost_per_reasoning_token: prices.reasoning_per_token ?? null,
      input_cost_per_second: prices.input_per_second ?? null,
      output_cost_per_second: prices.output_per_second ?? null,
    }),
  }
}

/** What is there to be said, without what is secret. */
function said(fields: JsonObject): JsonObject {
  const open = JSON.stringify(fields, (key, value: unknown) =>
    value === null || SECRETS.test(key) ? undefined : value,
  )
  return JSON.parse(open) as JsonObject
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/** The deployments by name: limits add up, of all else the most that one of them can. */
export function groupsOf(deployments: readonly Deployment[]): readonly ModelGroup[] {
  const byName = Map.groupBy(deployments, ({ model_name: name }) => name)
  return [...byName].map(([name, members]) => {
    const infos = members.map(({ model_info: info }) => info)
    const params = members.map(({ litellm_params: one }) => one)
    const able = new Set(infos.flatMap((info) => Object.keys(info).filter(isAbility)))
    return {
      model_group: name,
      providers: [...new Set(infos.flatMap((info) => info['litellm_provider'] ?? []))],
      mode: infos[0]?.['mode'] ?? 'chat',
      max_input_tokens: most(infos, 'max_input_tokens'),
      max_output_tokens: most(infos, 'max_output_tokens'),
      input_cost_per_token: most(infos, 'input_cost_per_token'),
      output_cost_per_token: most(infos, 'output_cost_per_token'),
      rpm: sum(params, 'rpm'),
      tpm: sum(params, 'tpm'),
      ...Object.fromEntries(
        [...able].map((key) => [key, infos.some((info) => info[key] === true)]),
      ),
    }
  })
}

function isAbility(key: string): boolean {
  return key.startsWith('supports_')
}

function most(rows: readonly JsonObject[], key: string): Json {
  const numbers = numbersOf(rows, key)
  return numbers.length === 0 ? null : Math.max(...numbers)
}

function sum(rows: readonly JsonObject[], key: string): Json {
  const numbers = numbersOf(rows, key)
  return numbers.length === 0 ? null : numbers.reduce((total, one) => total + one, 0)
}

function numbersOf(rows: readonly JsonObject[], key: string): readonly number[] {
  return rows.map((row) => row[key]).filter((value) => typeof value === 'number')
}
