import { GatewayError } from '../errors/index.ts'

/** UTF-16 units. */
export const MAX_SESSION_ID_LENGTH = 512

/**
 * Returns the session id when it can be used: 1 to 512 characters without control characters, no part
 * between slashes that is `.`, `..` or `__proto__`. Slashes, colons and any other text are fine.
 *
 * @param from where the id was given, for the error.
 * @throws {GatewayError} `bad_session`, saying which rule the id breaks.
 */
export function checkSessionId(id: string, from: string): string {
  const defect = defectOf(id)
  if (defect === null) return id
  throw new GatewayError('bad_session', { detail: `${from} ${defect}`, param: from })
}

function defectOf(id: string): string | null {
  if (id === '') return 'is empty'
  if (id.length > MAX_SESSION_ID_LENGTH) {
    return `has ${id.length} characters, the limit is ${MAX_SESSION_ID_LENGTH}`
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id)) return 'holds a control character'
  if (!id.isWellFormed()) return 'holds half of a surrogate pair'
  // A path normaliser between here and a client would turn such an id into another one.
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(id)) return 'holds the path segment "." or ".."'
  if (/(?:^|\/)__proto__(?:\/|$)/.test(id)) return 'holds the reserved name __proto__'
  return null
}

// Parts that end or begin something else in a URL, when they are not encoded.
const PATH_WORDS: ReadonlySet<string> = new Set(['', 'v1', 'meta', 'traces', 'batch_delete'])

/**
 * The path of a session, `/sessions/<id>`. Slashes and colons of the id stay readable where the path
 * can be told apart without encoding them.
 */
export function sessionPath(id: string): string {
  const parts = id.split('/')
  if (parts.some((part) => PATH_WORDS.has(part))) return `/sessions/${encodeURIComponent(id)}`
  return `/sessions/${parts.map(encodeURIComponent).join('/').replaceAll('%3A', ':')}`
}
