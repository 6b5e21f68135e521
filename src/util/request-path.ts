/** The path of a request target, cut at its slashes before anything is decoded. */
export interface RequestPath {
  /** As sent; the first one is the empty string before the leading slash. */
  readonly raw: readonly string[]
  /** Decoded one by one, so that an encoded slash is text and never a border. */
  readonly decoded: readonly string[]
  /** Without the question mark; empty when there is none. */
  readonly query: string
}

/**
 * Reads the target of an HTTP request line, in origin form (`/v1/models`) or absolute form
 * (`http://host/v1/models`, whose host is ignored). Null when it holds a broken percent-encoding or a
 * character that RFC 3986 wants encoded.
 */
export function readRequestPath(target: string): RequestPath | null {
  if (/[^\u0021-\u007e]/.test(target)) return null
  const origin = target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, '').replace(/#.*$/, '')
  const mark = origin.indexOf('?')
  const raw = (mark < 0 ? origin : origin.slice(0, mark)).split('/')
  const query = mark < 0 ? '' : origin.slice(mark + 1)
  if (!target.includes('%')) return { raw, decoded: raw, query }
  try {
    return { raw, decoded: raw.map(decodeURIComponent), query }
  } catch {
    return null
  }
}
