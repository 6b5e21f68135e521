// Parts that end or begin something else in a path of the gateway, when they are not encoded.
const PATH_WORDS: ReadonlySet<string> = new Set(['', 'v1', 'meta', 'traces', 'batch_delete'])

/**
 * The path of a session at a gateway, `/sessions/<id>`. Slashes and colons of the id stay readable where
 * the path can be told apart without encoding them.
 *
 * @throws {TypeError} for an id that no URL can carry.
 */
export function sessionPath(id: string): string {
  if (id === '') throw new TypeError('a session id has at least one character')
  if (!id.isWellFormed()) throw new TypeError('the session id holds half of a surrogate pair')
  const parts = id.split('/')
  // URL parsers take such parts out, and the path would be that of another session.
  if (parts.some((part) => part === '.' || part === '..')) {
    throw new TypeError(`the session id ${JSON.stringify(id)} holds a path segment "." or ".."`)
  }
  if (parts.some((part) => PATH_WORDS.has(part))) return `/sessions/${encodeURIComponent(id)}`
  return `/sessions/${parts.map(encodeURIComponent).join('/').replaceAll('%3A', ':')}`
}

/**
 * Scheme, host and path prefix of a gateway, without `/v1` and trailing slashes.
 *
 * @throws {TypeError} for what is not an http URL.
 */
export function gatewayRoot(baseUrl: string): string {
  if (!URL.canParse(baseUrl) || !/^https?:\/\//i.test(baseUrl)) {
    throw new TypeError(`${JSON.stringify(baseUrl)} is not an http URL of a gateway`)
  }
  const url = new URL(baseUrl)
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '')
  return `${url.origin}${path}`
}
