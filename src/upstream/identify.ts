import got from 'got'
import type { Headers, UpstreamKind } from '../plugin/index.ts'

/** First vLLM release that returns token ids (`return_token_ids`). */
const TOKEN_IDS_SINCE = [0, 10, 2] as const

/**
 * Finds out what a server is. OpenAI is known by its host name and never probed; vLLM answers
 * `/version`, SGLang `/get_model_info`, llama.cpp `/props`; one that answers, but none of these, is
 * `generic`. Null when the server cannot be reached yet.
 */
export async function identifyUpstream(
  url: string,
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
  let isReachable = false
  const ask = async (path: string): Promise<Record<string, unknown> | null> => {
    try {
      const reply = await client.get(path)
      isReachable = true
      if (reply.statusCode !== 200) return null
      const body: unknown = JSON.parse(reply.body)
      return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null
    } catch {
      return null // Not reachable, or not JSON: the next question may tell.
    }
  }
  const version = (await ask('version'))?.['version']
  if (typeof version === 'string') return givesTokenIds(version) ? 'vllm' : 'vllm-old'
  if ((await ask('get_model_info'))?.['model_path'] !== undefined) return 'sglang'
  if ((await ask('props'))?.['default_generation_settings'] !== undefined) return 'llamacpp'
  return isReachable ? 'generic' : null
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
