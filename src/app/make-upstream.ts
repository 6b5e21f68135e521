import type { Config, UpstreamConfig } from '../config/index.ts'
import { createPriceBook } from '../ledger/index.ts'
import type { StoredWorker } from '../shared/index.ts'
import {
  createHttpUpstream,
  providerFor,
  withProvider,
  type HttpUpstream,
  type HttpUpstreamOptions,
  type Joining,
  type Terms,
} from '../upstream/index.ts'
import { comparable, termsOf } from './routing-options.ts'

/** What an upstream of the configuration turned out to be when it was started. */
export interface Started {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly simulated: boolean
}

/** Makes the upstream of an entry of the configuration. @throws {GatewayError} `config_invalid` */
export function configuredUpstream(
  entry: UpstreamConfig,
  { id, name, url, simulated }: Started,
  config: Config,
): Joining {
  const provider = providerFor(entry.provider, { url, apiVersion: entry.api_version })
  const given = {
    ...entry.headers,
    ...(entry.api_key ? { authorization: `Bearer ${entry.api_key}` } : {}),
  }
  const headers = provider?.headers(given) ?? given
  const known = simulated ? 'vllm' : (provider?.kind ?? null)
  const terms = termsOf(entry)
  const bounds = boundsOf(config)
  const inner = createHttpUpstream({
    id,
    name,
    url,
    apiPath: entry.api_path ?? '/v1',
    weight: entry.weight,
    kind: entry.kind === 'auto' ? (known ?? 'generic') : entry.kind,
    models: modelsOf(entry),
    simulated,
    headers,
    passAuthorization: entry.pass_authorization,
    ...bounds,
    // Its own deadlines are kept where the call is sent, and must not be cut short by the pool's.
    headersMs: Math.max(bounds.headersMs, terms.timeoutMs ?? 0, terms.streamTimeoutMs ?? 0),
  })
  const upstream = provider ? withProvider(inner, provider) : inner
  return {
    upstream,
    headers,
    isUnknown: entry.kind === 'auto' && known === null,
    terms: { ...terms, price: terms.price ?? knownPrice(upstream, terms, config) },
  }
}

/** For the strategy that compares them: what is said elsewhere of the price of an upstream's model. */
function knownPrice(
  upstream: HttpUpstream,
  terms: Terms,
  { routing, prices }: Config,
): number | null {
  if (routing.strategy !== 'cost') return null
  const asked = upstream.models?.[0] ?? ''
  const sent = terms.sendModel ?? asked
  const priced = createPriceBook({ overrides: prices }).priceFor({
    upstream,
    provider: terms.provider,
    own: terms.prices,
    asked,
    sent,
    listed: [terms.baseModel ?? sent],
    promptTokens: 0,
  })
  return priced && comparable(priced.prices)
}

/**
 * Makes the upstream of a worker that was registered. It has no key of its own, so the caller's goes on
 * to it: that is how an engine with a key is reached through rLLM's gateway.
 */
export function registeredUpstream(worker: StoredWorker, config: Config): Joining {
  const { worker_id, url, api_path, model_name, weight } = worker
  const upstream = createHttpUpstream({
    id: worker_id,
    name: worker_id,
    url,
    apiPath: api_path,
    weight,
    kind: 'generic',
    models: model_name === null ? null : [model_name],
    simulated: false,
    headers: {},
    passAuthorization: true,
    ...boundsOf(config),
  })
  return { upstream, headers: {}, isUnknown: true }
}

function modelsOf(entry: UpstreamConfig): readonly string[] | null {
  if (entry.models) return entry.models
  if (entry.model_name !== undefined) return [entry.model_name]
  return entry.simulator?.models ?? null
}

type Bound = 'connections' | 'connectMs' | 'headersMs' | 'idleMs' | 'maxResponseBytes'

/** How long the sockets to an upstream wait for the beginning of an answer, be it a stream or not. */
export function poolHeadersMs({
  headers_ms: single,
  stream_headers_ms: stream = 0,
}: Config['timeouts']): number {
  return Math.max(single, stream)
}

function boundsOf({ limits, timeouts }: Config): Pick<HttpUpstreamOptions, Bound> {
  return {
    connections: limits.connections,
    connectMs: timeouts.connect_ms,
    headersMs: poolHeadersMs(timeouts),
    idleMs: timeouts.idle_ms,
    maxResponseBytes: limits.response_bytes,
  }
}
