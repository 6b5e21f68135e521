import { isObject, type Json } from '../plugin/json.ts'
import { createSession, currentSession, runInSession, type Session } from './session.ts'

/** The member of the `baggage` header that carries a session; rLLM's name for it. */
export const BAGGAGE_KEY = 'rllm-session'

// W3C Baggage §3.3.2: what every participant has to pass on.
const MAX_BYTES = 8192
const MAX_MEMBERS = 64

/**
 * The session as the value of a W3C `baggage` header; empty when there is none. It is percent-encoded
 * JSON with the fields `session_uid_chain` and `metadata`, in which `session_name` is, as rLLM's clients
 * write and read it.
 *
 * @param session by default the one this code runs in.
 * @throws {RangeError} over 8192 bytes: half a session would be another one.
 */
export function baggageOf(session: Session | null = currentSession()): string {
  if (session === null) return ''
  const { sessionName, sessionUids, metadata } = session
  const json = JSON.stringify({
    metadata: { ...metadata, session_name: sessionName },
    session_uid_chain: sessionUids,
  })
  const member = `${BAGGAGE_KEY}=${encodeURIComponent(json)}`
  if (member.length <= MAX_BYTES) return member
  throw new RangeError(
    `the session takes ${member.length} bytes of baggage, the limit is ${MAX_BYTES}`,
  )
}

/**
 * Headers with the session in their `baggage`. Other members stay, as they are and in their order; the
 * last of them are left out where the whole would exceed 64 members or 8192 bytes. Outside of a session
 * the headers come back as they are.
 *
 * @throws {RangeError} see {@link baggageOf}.
 */
export function injectBaggage(
  headers: Readonly<Record<string, string>> = {},
  session: Session | null = currentSession(),
): Record<string, string> {
  const own = baggageOf(session)
  if (own === '') return { ...headers }
  const rest = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'baggage')
  const given = Object.entries(headers).filter(([name]) => name.toLowerCase() === 'baggage')
  const members = [own]
  let bytes = own.length
  for (const member of given.flatMap(([, value]) => membersOf(value))) {
    if (keyOf(member) === BAGGAGE_KEY) continue
    bytes += 1 + Buffer.byteLength(member)
    if (bytes > MAX_BYTES || members.length === MAX_MEMBERS) break
    members.push(member)
  }
  return { ...Object.fromEntries(rest), baggage: members.join(',') }
}

/** The session that a `baggage` header carries; null when it carries none, or one that is broken. */
export function extractBaggage(
  header: string | readonly string[] | null | undefined,
): Session | null {
  const text = typeof header === 'string' ? header : (header ?? []).join(',')
  const member = membersOf(text).find((one) => keyOf(one) === BAGGAGE_KEY)
  if (member === undefined) return null
  const [value = ''] = member.slice(member.indexOf('=') + 1).split(';')
  try {
    // rLLM's Python writes spaces as "+"; a plus of the text itself is always encoded.
    return sessionOf(JSON.parse(decodeURIComponent(value.trim().replaceAll('+', ' '))))
  } catch {
    // Baggage comes from strangers and is passed on by strangers: what cannot be read is not there.
    return null
  }
}

/** Runs a function in the session that a `baggage` header carries, or where it is when there is none. */
export function sessionFromBaggage<T>(
  header: string | readonly string[] | null | undefined,
  work: (session: Session | null) => T,
): T {
  const carried = extractBaggage(header)
  return carried === null ? work(currentSession()) : runInSession(carried, work)
}

function sessionOf(payload: unknown): Session | null {
  if (!isObject(payload)) return null
  const { metadata = {}, session_uid_chain: uids } = payload
  if (!isObject(metadata) || !isTexts(uids)) return null
  const { session_name: name, ...own } = metadata
  const uid = uids.at(-1)
  if (uid === undefined) return null
  // Sessions of rLLM need no name.
  return createSession(uid, typeof name === 'string' && name !== '' ? name : uid, uids, own)
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
}

function membersOf(header: string): string[] {
  return header
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

function keyOf(member: string): string {
  return member.slice(0, Math.max(0, member.indexOf('='))).trim()
}
