import { GatewayError } from '../errors/index.ts'
import { readRequestPath, type RequestPath } from '../util/request-path.ts'

/** Characters of a request target; a slug of full length fits twice. */
export const MAX_URL_LENGTH = 32 * 1024

/** The parts of a call's URL, none of them judged yet except the path. */
export interface LocatedCall {
  readonly pathname: string
  readonly query: string
  /** Decoded; null when the path names none. */
  readonly session: string | null
  /** As sent; null when the path holds none. */
  readonly slug: string | null
}

const HINT = 'calls go to /v1/…, /meta/<slug>/v1/… or /sessions/<id>/v1/…'

/** True when a URL is one of a call and not of the gateway's own API, be the call good or bad. */
export function isCallUrl(url: string): boolean {
  const names = readRequestPath(url)?.decoded
  if (!names) return true
  const first = names.find((name) => name !== '')
  if (first === 'v1' || first === 'meta' || lateSlug(names, 0) >= 0) return true
  const sessions = names.indexOf('sessions')
  return sessions >= 0 && names.includes('v1', sessions + 2)
}

/**
 * Takes a call's URL apart: an optional prefix, `/meta/<slug>` and `/sessions/<id>` in either order,
 * then the OpenAI path from `/v1` on. Borders are slashes as sent: a session id may hold slashes, and
 * where it holds `/v1/` or `/meta/` itself those must come as `%2F`.
 *
 * @throws {GatewayError} `route_not_found`, `bad_slug`, `bad_session`, `uri_too_long`, `bad_request`.
 */
export function locateCall(url: string): LocatedCall {
  if (url.length > MAX_URL_LENGTH) {
    throw new GatewayError('uri_too_long', {
      detail: `it has ${url.length} characters, the limit is ${MAX_URL_LENGTH}`,
    })
  }
  const path = readRequestPath(url)
  if (!path)
    throw new GatewayError('bad_request', { detail: 'the URL is not percent-encoded UTF-8' })

  const names = path.decoded
  let session: string | null = null
  let slug: string | null = null
  let at = names.findIndex((name) => name === 'v1' || name === 'meta' || name === 'sessions')
  while (at >= 0 && at < names.length) {
    if (names[at] === 'meta') {
      if (slug !== null) throw new GatewayError('bad_slug', { detail: 'the URL holds two slugs' })
      const end = findFrom(names, at + 1, 'v1', 'sessions')
      // Standard base64 has slashes of its own.
      slug = path.raw.slice(at + 1, end).join('/')
      at = end
    } else if (names[at] === 'sessions') {
      if (session !== null) {
        throw new GatewayError('bad_session', { detail: 'the URL names two sessions' })
      }
      // The first part is the id even when it reads v1 or meta, except where the id was forgotten.
      const start = lateSlug(names, at) === at + 1 ? at + 1 : at + 2
      const end = findFrom(names, start, 'v1', 'meta')
      session = names.slice(at + 1, end).join('/')
      at = end
    } else {
      const late = lateSlug(names, at)
      if (late < 0) {
        const bare = session === null && slug === null
        if (bare && names.findIndex((name) => name !== '') !== at) break
        return { pathname: openAiPath(path, at), query: path.query, session, slug }
      }
      at = late
    }
  }
  throw new GatewayError('route_not_found', { detail: missing(session, slug) })
}

function findFrom(names: readonly string[], start: number, ...wanted: readonly string[]): number {
  for (let at = start; at < names.length; at++) if (wanted.includes(names[at] ?? '')) return at
  return names.length
}

// A base URL that already ended in /v1 when the slug was put behind it.
function lateSlug(names: readonly string[], start: number): number {
  const at = names.indexOf('meta', start)
  return at >= 0 && /^rllm\d+:/.test(names[at + 1] ?? '') ? at : -1
}

function openAiPath(path: RequestPath, v1: number): string {
  for (const name of path.decoded.slice(v1)) {
    // Whoever joins this path to an upstream's prefix must not be led out of that prefix.
    if (/(?:^|[\\/])\.{1,2}(?:[\\/]|$)/.test(name)) {
      throw new GatewayError('bad_request', { detail: 'the path holds the segment "." or ".."' })
    }
  }
  return `/${path.raw.slice(v1).join('/')}`.replace(/\/{2,}/g, '/')
}

function missing(session: string | null, slug: string | null): string {
  if (slug !== null) return `no /v1 follows the slug; ${HINT}`
  if (session !== null) return `no /v1 follows the session; ${HINT}`
  return HINT
}
