import type { JsonObject, Outgoing, Reply } from '../../src/plugin/index.ts'
import type { HttpUpstream, HttpUpstreamOptions } from '../../src/upstream/index.ts'
import { providerFor, withProvider, type ProviderName } from '../../src/upstream/providers/index.ts'
import { textOf, upstreamAt } from './setup.ts'

/** An upstream of a provider, wired as the gateway wires it. */
export function providedBy(
  t: { after(undo: () => unknown): void },
  name: ProviderName,
  url: string,
  options: Partial<HttpUpstreamOptions> & { apiVersion?: string } = {},
): HttpUpstream {
  const { apiVersion, headers = {}, ...rest } = options
  const provider = providerFor(name, { url, apiVersion })
  const keyed = provider?.headers(headers) ?? headers
  const inner = upstreamAt(url, { ...rest, headers: keyed })
  t.after(() => inner.close())
  return provider ? withProvider(inner, provider) : inner
}

export function chatCall(params: JsonObject, path = '/v1/chat/completions'): Outgoing {
  const body = Buffer.from(JSON.stringify(params))
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body }
}

export function send(
  upstream: HttpUpstream,
  outgoing: Outgoing,
  signal = new AbortController().signal,
): Promise<Reply> {
  return upstream.send(outgoing, signal)
}

export async function jsonOf(reply: Reply): Promise<JsonObject> {
  return JSON.parse(await textOf(reply)) as JsonObject
}
