import type { JsonObject } from '../plugin/json.ts'

export interface WorkerDefaults {
  /** What the servers speak; the gateway asks them when absent. */
  readonly kind?: 'vllm' | 'vllm-old' | 'sglang' | 'llamacpp' | 'openai' | 'generic' | undefined
  /** Sent to the servers as a bearer token. `${NAME}` is read from the gateway's environment. */
  readonly apiKey?: string | undefined
  /** More keys of the configuration, such as `plugins` or `store`. */
  readonly config?: JsonObject | undefined
}

/** A gateway configuration with one upstream per server. */
export interface WorkersConfig extends JsonObject {
  readonly upstreams: readonly JsonObject[]
}

/**
 * The configuration of a gateway in front of servers that all serve one model, such as the inference
 * servers of a training run. YAML and JSON can carry it.
 *
 * @param addresses `host:port` or URLs, with or without scheme and `/v1`. Repeated ones count once.
 * @throws {TypeError} for an address that is none, or when there is no address or model.
 */
export function configFromWorkers(
  addresses: readonly string[],
  model: string,
  { kind, apiKey, config = {} }: WorkerDefaults = {},
): WorkersConfig {
  if (model === '') throw new TypeError('the model has no name')
  const urls = new Set(addresses.map(workerUrl))
  if (urls.size === 0) throw new TypeError('there is no worker address')
  return {
    ...config,
    upstreams: [...urls].map((url) => ({
      url,
      models: [model],
      ...(kind === undefined ? {} : { kind }),
      ...(apiKey === undefined ? {} : { api_key: apiKey }),
    })),
  }
}

function workerUrl(address: string): string {
  const text = address.trim()
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new TypeError(`"${address}" is no worker address; write host:port or an http URL`)
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError(`the worker address ${url.host} holds more than host, port and path`)
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '')
  return `${url.origin}${path}/v1`
}
