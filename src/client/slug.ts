import type { JsonObject } from '../plugin/json.ts'
import { asMetadata } from './metadata.ts'
import { pythonJson } from './python-json.ts'
import { SlugError } from './slug-error.ts'

/** What every slug of the version written here begins with. */
export const SLUG_PREFIX = 'rllm1:'

/** Characters of a whole slug, prefix included. Longer URLs are cut by servers on the way. */
export const MAX_SLUG_LENGTH = 16 * 1024

/**
 * Makes the slug of some metadata: `rllm1:` and the base64url, without padding, of its JSON as Python
 * writes it with sorted keys. The same metadata always makes the same slug.
 *
 * @throws {SlugError} `not_object`, `not_json`, `too_deep`, `forbidden_key` or `too_large`.
 */
export function encodeMetadataSlug(metadata: JsonObject): string {
  const json = pythonJson(asMetadata(metadata))
  return checkLength(SLUG_PREFIX + Buffer.from(json, 'latin1').toString('base64url'))
}

/**
 * Reads a slug. Takes what encoders and proxies make of one: with padding, in either base64 alphabet,
 * percent-encoded.
 *
 * @throws {SlugError} with the defect; `version` for a slug of a later version.
 */
export function decodeMetadataSlug(slug: string): JsonObject {
  const encoded = payloadOf(unescapePercent(checkLength(slug)))
  return asMetadata(parse(decodeUtf8(decodeBase64(encoded))))
}

function checkLength(slug: string): string {
  if (slug.length <= MAX_SLUG_LENGTH) return slug
  throw new SlugError(
    'too_large',
    `the slug has ${slug.length} characters, the limit is ${MAX_SLUG_LENGTH}`,
  )
}

function unescapePercent(slug: string): string {
  if (!slug.includes('%')) return slug
  try {
    return decodeURIComponent(slug)
  } catch (cause) {
    throw new SlugError('base64', 'the percent-encoding of the slug is broken', { cause })
  }
}

function payloadOf(slug: string): string {
  if (slug.startsWith(SLUG_PREFIX)) return slug.slice(SLUG_PREFIX.length)
  const version = /^rllm(\d+):/.exec(slug)?.[1]
  if (version !== undefined) {
    throw new SlugError('version', `the slug has version ${version}, only version 1 is known here`)
  }
  if (slug === '') throw new SlugError('empty', 'there is no slug')
  throw new SlugError('prefix', `a slug begins with ${SLUG_PREFIX}`)
}

function decodeBase64(encoded: string): Uint8Array {
  const text = encoded.replace(/={1,2}$/, '')
  if (text === '') throw new SlugError('empty', `nothing follows ${SLUG_PREFIX}`)
  const stranger = text.search(/[^A-Za-z0-9_+/-]/)
  if (stranger >= 0) {
    const shown = JSON.stringify(String.fromCodePoint(text.codePointAt(stranger) ?? 0))
    const place = SLUG_PREFIX.length + stranger
    throw new SlugError('base64', `the character ${shown} at ${place} is not base64url`)
  }
  const padded = text.length !== encoded.length
  if (text.length % 4 === 1 || (padded && encoded.length % 4 !== 0)) {
    throw new SlugError('base64', `${encoded.length} characters are an impossible length`)
  }
  return Buffer.from(text, 'base64url')
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new SlugError('utf8', 'the decoded bytes are not UTF-8', { cause })
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new SlugError('json', 'the decoded text is not JSON', { cause })
  }
}
