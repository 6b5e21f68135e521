import type { JsonObject } from '../plugin/json.ts'
import { decodeMetadataSlug, encodeMetadataSlug } from './slug.ts'

// Standard base64 has slashes of its own, so a slug ends where a known part of the path begins.
const SLUG_IN_PATH = /\/meta\/([^?#]*?)(?=\/v1(?:[/?#]|$)|\/sessions\/|[?#]|$)/
const OWN_SLUG = /\/meta\/rllm\d+(?::|%3[Aa])[^/]*/

/**
 * The base URL that carries metadata: `http://host/v1` becomes `http://host/meta/<slug>/v1`. A path
 * before `/v1` and a query stay, `/v1` is added where it is missing, and a slug that is already there
 * is replaced.
 *
 * @throws {TypeError} when the base URL is not absolute. @throws {SlugError} see
 * {@link encodeMetadataSlug}.
 */
export function buildProxiedBaseUrl(baseUrl: string, metadata: JsonObject): string {
  const url = new URL(baseUrl)
  const prefix = url.pathname
    .replace(OWN_SLUG, '')
    .replace(/\/+$/, '')
    .replace(/\/v1$/, '')
    .replace(/\/+$/, '')
  url.pathname = `${prefix}/meta/${encodeMetadataSlug(metadata)}/v1`
  return url.href
}

export interface ExtractedPath {
  /** What follows the slug, with its query; the whole path when it holds no slug. */
  readonly path: string
  readonly slug: string | null
  readonly metadata: JsonObject | null
}

/**
 * Takes the slug out of a path or URL. What stands before `/meta/` is dropped with it, so that
 * `/proxy/meta/<slug>/v1/models` gives `/v1/models`.
 *
 * @throws {SlugError} when there is a slug and it cannot be read.
 */
export function extractMetadataFromPath(path: string): ExtractedPath {
  const found = SLUG_IN_PATH.exec(path)
  const slug = found?.[1]
  if (!found || slug === undefined) return { path, slug: null, metadata: null }
  const rest = path.slice(found.index + found[0].length)
  return {
    path: rest.startsWith('/') ? rest : `/${rest}`,
    slug,
    metadata: decodeMetadataSlug(slug),
  }
}
