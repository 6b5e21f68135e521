import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../plugin/json.ts'
import { decodeMetadataSlug, encodeMetadataSlug } from './slug.ts'

/** What the code that runs at the moment belongs to. Deeply frozen. */
export interface Session {
  /** This session's own id: its traces are read with `client.sessionTraces(uid)`. */
  readonly uid: string
  readonly sessionName: string
  /** Every enclosing session, outermost first and this one last; a call belongs to all of them. */
  readonly sessionUids: readonly string[]
  /** This session's metadata over what it inherited, without `session_name`. */
  readonly metadata: JsonObject
}

/** Metadata of a session. `session_name` names it; every other key is inherited by inner sessions. */
export type SessionMetadata = JsonObject & {
  readonly session_name?: string | undefined
  /** Ids are made here: a session cannot be given those of another. */
  readonly session_uids?: never
}

// The package may be loaded twice (two versions, or as source and built). All of them share one storage,
// or a client of one would not see the sessions of the other.
const STORAGE = Symbol.for('sluice.session.v1')
const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<Session> }
const storage = (shared[STORAGE] ??= new AsyncLocalStorage<Session>())

/**
 * Runs a function in a session of its own. Everything it calls and awaits is in the session; what runs
 * beside it is not. Inside another session it belongs to both: metadata is inherited and overridden, and
 * so is the name when none is given. Without any name, one is made: `sess_` and 16 hex digits.
 *
 * @returns what the function returns; errors pass through.
 * @throws {SlugError} when the metadata cannot travel in a URL. @throws {TypeError} for a
 * `session_name` that is no string, or for `session_uids`.
 */
export function session<T>(work: (session: Session) => T): T
export function session<T>(metadata: SessionMetadata, work: (session: Session) => T): T
export function session<T>(
  ...given:
    | [work: (session: Session) => T]
    | [metadata: SessionMetadata, work: (session: Session) => T]
): T {
  const [metadata, work] = given.length === 1 ? [{}, given[0]] : given
  return runInSession(openSession(metadata, currentSession()), work)
}

/** Runs a function in a session that was opened elsewhere. */
export function runInSession<T>(opened: Session, work: (session: Session) => T): T {
  return storage.run(opened, work, opened)
}

/** The innermost session, or null outside of any. */
export function currentSession(): Session | null {
  return storage.getStore() ?? null
}

/** Metadata of the innermost session with all it inherited; empty outside of a session. */
export function currentMetadata(): JsonObject {
  return currentSession()?.metadata ?? {}
}

/** Ids of the sessions around this code, outermost first; empty outside of a session. */
export function currentSessionUids(): readonly string[] {
  return currentSession()?.sessionUids ?? []
}

/** Name of the innermost session, or null outside of any. */
export function currentSessionName(): string | null {
  return currentSession()?.sessionName ?? null
}

/**
 * Makes a session of its parts, to be entered with {@link runInSession}.
 *
 * @param sessionUids outermost first, the session's own last.
 * @throws {SlugError} when the metadata cannot travel in a URL.
 */
export function createSession(
  uid: string,
  sessionName: string,
  sessionUids: readonly string[],
  metadata: JsonObject,
): Session {
  // There and back through the slug: checked, copied, and what the gateway will read.
  const copy = decodeMetadataSlug(encodeMetadataSlug(metadata))
  return deepFreeze({ uid, sessionName, sessionUids: [...sessionUids], metadata: copy })
}

function openSession(metadata: SessionMetadata, outer: Session | null): Session {
  const { session_name: name, session_uids: uids, ...own } = metadata
  if (uids !== undefined) throw new TypeError('session_uids are made by session(), not given to it')
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new TypeError('session_name is not a text of at least one character')
  }
  const uid = `ctx_${shortId()}`
  return createSession(
    uid,
    name ?? outer?.sessionName ?? `sess_${shortId()}`,
    [...(outer?.sessionUids ?? []), uid],
    { ...outer?.metadata, ...own },
  )
}

function shortId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 16)
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
