import got from 'got'
import {
  isObject,
  type Headers,
  type Json,
  type JsonObject,
  type UpstreamKind,
} from '../plugin/index.ts'

/** First vLLM release that returns token ids (`return_token_ids`). */
const TOKEN_IDS_SINCE = [0, 10, 2] as const

/** What owns a model, by the name that engines give themselves in the list of their models. */
const OWNERS: ReadonlyMap<unknown, UpstreamKind> = new Map([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['llamacpp', 'llamacpp'],
])
/** By these a server, or what stands before it, says that it cannot tell yet. */
const NOT_READY: ReadonlySet<number> = new Set([502, 503, 504])

/** Where a server is asked. */
export interface AskedPlace {
  readonly url: string
  readonly apiPath: string
}

/**
 * Finds out what a server is. OpenAI is known by its host name and never probed; vLLM answers
 * `/version`, SGLang `/get_model_info`, llama.cpp `/props`; where a proxy lets only the API through, the
 * list of models names the engine. One that answers, but none of these, is `generic`. Null when it was
 * unreachable, too slow or still starting: taken for `generic`, it would never be asked for token ids.
 */
export async function identifyUpstream(
  { url, apiPath }: AskedPlace,
  headers: Headers,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<UpstreamKind | null> {
  if (isOpenAi(url)) return 'openai'
  const client = got.extend({
    prefixUrl: url,
    headers: { ...headers },
    timeout: { request: timeoutMs },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    signal,
  })
  const ask = async (path: string): Promise<JsonObject> => {
    const { statusCode, body } = await client.get(path)
    if (NOT_READY.has(statusCode)) throw new Error(`HTTP ${statusCode}`)
    return statusCode === 200 ? objectIn(body) : {}
  }
  try {
    const { version } = await ask('version')
    if (typeof version === 'string') return givesTokenIds(version) ? 'vllm' : 'vllm-old'
    if ((await ask('get_model_info'))['model_path'] !== undefined) return 'sglang'
    if ((await ask('props'))['default_generation_settings'] !== undefined) return 'llamacpp'
    return ownerIn(await ask(`${apiPath}/models`.replace(/^\/+/, ''))) ?? 'generic'
  } catch {
    return null
  }
}

/** What the text says when it is a JSON object; nothing when it is anything else, such as a page. */
function objectIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function ownerIn({ data }: JsonObject): UpstreamKind | undefined {
  const first: Json | undefined = Array.isArray(data) ? data[0] : undefined
  return isObject(first) ? OWNERS.get(first['owned_by']) : undefined
}

/** OpenAI is known by its host name. */
export function isOpenAi(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'api.openai.com' || host.endsWith('.openai.azure.com')
}

function givesTokenIds(version: string): boolean {
  const parts = version.split(/[.+-]/).map(Number)
  for (const [index, least] of TOKEN_IDS_SINCE.entries()) {
    const part = parts[index] ?? 0
    if (Number.isNaN(part) || part > least) return true
    if (part < least) return false
  }
  return true
}
