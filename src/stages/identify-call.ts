import type { IncomingHttpHeaders } from 'node:http'
import { SlugError } from '../client/slug-error.ts'
import { decodeMetadataSlug } from '../client/slug.ts'
import { asMetadata } from '../client/metadata.ts'
import { GatewayError } from '../errors/index.ts'
import type { Json, JsonObject } from '../plugin/index.ts'
import { checkSessionId } from '../trace/session-id.ts'

/** The session of calls that name none. */
export const DEFAULT_SESSION = 'default'

export interface CallIdentity {
  readonly sessions: readonly string[]
  readonly metadata: JsonObject
  readonly scoped: boolean
}

/**
 * Tells whose call this is from the session in its path, the metadata of its slug and the headers
 * `x-session-id` and `x-sluice-metadata` (a JSON object or a slug). Everything named counts, in that
 * order; where two metadata keys meet, the slug's wins.
 *
 * @throws {GatewayError} `bad_session` or `bad_metadata`.
 */
export function identifyCall(
  session: string | null,
  slug: JsonObject | null,
  headers: IncomingHttpHeaders,
): CallIdentity {
  const fromSlug = slug === null ? NOBODY : claimsOf(slug, 'the slug')
  const fromHeader = claimsOf(headerMetadata(headers), 'x-sluice-metadata')
  const ids = new Set<string>()
  if (session !== null) ids.add(checkSessionId(session, 'the session in the path'))
  for (const id of fromSlug.ids) ids.add(id)
  for (const id of fromHeader.ids) ids.add(id)
  const header = headerText(headers['x-session-id'])
  if (header !== null) ids.add(checkSessionId(header, 'x-session-id'))

  const name = fromSlug.name ?? fromHeader.name
  if (ids.size === 0 && name !== null) ids.add(checkSessionId(name, 'session_name'))
  const scoped = ids.size > 0
  return {
    sessions: scoped ? [...ids] : [DEFAULT_SESSION],
    metadata: { ...fromHeader.rest, ...fromSlug.rest },
    scoped,
  }
}

/** What one metadata object says about sessions, and the rest of it. */
interface Claims {
  readonly ids: readonly string[]
  readonly name: string | null
  readonly rest: JsonObject
}

const NOBODY: Claims = { ids: [], name: null, rest: {} }

function claimsOf(metadata: JsonObject | null, from: string): Claims {
  if (metadata === null) return NOBODY
  const { session_id, session_uids, ...rest } = metadata
  const ids: string[] = []
  const id = text(session_id, `session_id of ${from}`)
  if (id !== null) ids.push(checkSessionId(id, 'session_id'))
  for (const uid of texts(session_uids, `session_uids of ${from}`)) {
    ids.push(checkSessionId(uid, 'session_uids'))
  }
  return { ids, name: text(rest['session_name'], `session_name of ${from}`), rest }
}

function text(value: Json | undefined, what: string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw new GatewayError('bad_metadata', { detail: `${what} is not a string` })
}

function texts(value: Json | undefined, what: string): readonly string[] {
  if (value === undefined || value === null) return []
  if (isStrings(value)) return value
  throw new GatewayError('bad_metadata', { detail: `${what} is not an array of strings` })
}

function isStrings(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function headerMetadata(headers: IncomingHttpHeaders): JsonObject | null {
  const header = headerText(headers['x-sluice-metadata'])
  if (header === null) return null
  try {
    return header.startsWith('rllm') ? decodeMetadataSlug(header) : asMetadata(JSON.parse(header))
  } catch (cause) {
    const defect = cause instanceof SlugError ? cause.message : 'json: it is not JSON'
    throw new GatewayError('bad_metadata', {
      detail: `x-sluice-metadata, ${defect}`,
      param: 'x-sluice-metadata',
      cause,
    })
  }
}

/** Node reads header bytes as latin1; clients that send more than ASCII mean UTF-8. Null: absent. */
export function headerText(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null
  const value = typeof header === 'string' ? header : header.join(', ')
  const decoded = Buffer.from(value, 'latin1').toString('utf8')
  return decoded.includes('\ufffd') ? value : decoded
}
