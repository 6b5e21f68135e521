import type { IncomingHttpHeaders } from 'node:http'
import { SlugError } from '../client/slug-error.ts'
import { decodeMetadataSlug } from '../client/slug.ts'
import { GatewayError } from '../errors/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { identifyCall } from './identify-call.ts'
import { locateCall } from './locate-call.ts'

/** Where a call goes and whose it is. */
export interface RouteOfCall {
  /** The plain OpenAI path with its query, as sent: `/v1/chat/completions?beta=1`. */
  readonly path: string
  /** The same without the query. */
  readonly pathname: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
  /** Never empty, without repeats; the first one is the session of the trace. */
  readonly sessions: readonly string[]
  /** Slug and header metadata without `session_id` and `session_uids`. */
  readonly metadata: JsonObject
  /** False when nothing named a session and the call went to `default`. */
  readonly scoped: boolean
}

export interface RequestHead {
  /** The request target as it came in, `req.url`. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/**
 * Reads slug, session and metadata of a call from its URL and headers, and takes them off the path.
 *
 * @throws {GatewayError} `bad_slug`, `slug_version`, `bad_session`, `bad_metadata`,
 * `route_not_found`, `uri_too_long` or `bad_request`.
 */
export function routeOf({ url, headers }: RequestHead): RouteOfCall {
  const { pathname, query, session, slug } = locateCall(url)
  const metadata = slug === null ? null : readSlug(slug)
  return {
    path: query === '' ? pathname : `${pathname}?${query}`,
    pathname,
    query,
    ...identifyCall(session, metadata, headers),
  }
}

function readSlug(slug: string): JsonObject {
  try {
    return decodeMetadataSlug(slug)
  } catch (cause) {
    if (!(cause instanceof SlugError)) throw cause
    const code = cause.defect === 'version' ? 'slug_version' : 'bad_slug'
    throw new GatewayError(code, { detail: cause.message, cause })
  }
}
