type RawHeaders = NodeJS.Dict<string | string[]>

const CONNECTION = 'connection'

/** Headers that speak of one connection only (RFC 9110, section 7.6.1) and the ones remade per hop. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
])

/** Request headers that end at the gateway. It asks upstreams for `identity` and measures anew. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'accept-encoding',
  'cookie',
  'x-session-id',
])

const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-litellm-api-key',
  'x-auth-token',
  'x-amz-security-token',
])

/**
 * The caller's headers as an upstream may see them: all but hop-by-hop ones, the ones named by
 * `Connection`, cookies, the gateway's own and, unless `passAuthorization`, credentials. Names are
 * lower case; values that came more than once are joined with a comma.
 */
export function forwardable(
  headers: RawHeaders,
  options: { readonly passAuthorization: boolean },
): Record<string, string> {
  const named = namedByConnection(headers)
  const kept: Record<string, string> = {}
  for (const rawName in headers) {
    const value = headers[rawName]
    const name = rawName.toLowerCase()
    if (value === undefined || isHopByHop(name, named)) continue
    if (NEVER_SENT.has(name) || name.startsWith('x-sluice-')) continue
    if (!options.passAuthorization && CREDENTIALS.has(name)) continue
    kept[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return kept
}

/** The caller's headers as plugins may see them: what is forwardable, without any credentials. */
export function callerHeaders(headers: RawHeaders): Record<string, string> {
  return forwardable(headers, { passAuthorization: false })
}

/** An upstream's reply headers as the caller may see them: end-to-end ones, without cookies. */
export function replyHeaders(headers: RawHeaders): Record<string, string | string[]> {
  const named = namedByConnection(headers)
  const kept: Record<string, string | string[]> = {}
  for (const rawName in headers) {
    const value = headers[rawName]
    const name = rawName.toLowerCase()
    if (value === undefined || isHopByHop(name, named) || name === 'set-cookie') continue
    kept[name] = value
  }
  return kept
}

function isHopByHop(name: string, named: ReadonlySet<string>): boolean {
  return HOP_BY_HOP.has(name) || name.startsWith('proxy-') || named.has(name)
}

function namedByConnection(headers: RawHeaders): ReadonlySet<string> {
  const names = new Set<string>()
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name.length !== CONNECTION.length) continue
    if (name.toLowerCase() !== CONNECTION) continue
    for (const option of String(value).split(',')) names.add(option.trim().toLowerCase())
  }
  return names
}
