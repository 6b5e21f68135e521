import { GatewayError } from '../errors/index.ts'
import {
  badJson,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  readKey,
  skipSpace,
  skipString,
  skipValue,
  tooDeep,
} from './json-lex.ts'

/** Byte range, the end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A top-level member of a JSON object and where its bytes are; ends are exclusive. */
export interface Member {
  readonly key: string
  readonly keyStart: number
  readonly valueStart: number
  readonly valueEnd: number
  /** The elements of `messages`, `input` or `prompt`; null for other members and for token ids. */
  readonly elements: readonly Span[] | null
}

export interface ObjectScan {
  readonly members: readonly Member[]
  /** Offset after the closing brace. */
  readonly end: number
}

export interface ScanOptions {
  /** How many objects and arrays may be open at once, the body's own object counted. */
  readonly maxDepth: number
  /** Top-level keys that may not come twice: another reader might take the other one. */
  readonly uniqueKeys: readonly string[]
}

/** Keys the gateway routes on or records by; see {@link ScanOptions.uniqueKeys}. */
export const UNIQUE_KEYS = ['model', 'stream', 'messages', 'prompt', 'n', 'input'] as const

/**
 * Finds the top-level members of a request body in one pass, before it is parsed: a parser would
 * accept any depth and every second key. Throws `bad_json`, `too_deep` or `duplicate_key`.
 */
export function scanObject(bytes: Buffer, options: ScanOptions): ObjectScan {
  const { maxDepth, uniqueKeys } = options
  const members: Member[] = []
  const firsts = new Map<string, number>()
  let i = skipSpace(bytes, 0)
  if (bytes[i] !== OPEN_OBJECT) throw badJson(i, 'the body is not an object: no { is found')
  if (maxDepth < 1) throw tooDeep(i, maxDepth)
  i = skipSpace(bytes, i + 1)
  if (bytes[i] === CLOSE_OBJECT) return { members, end: i + 1 }
  for (;;) {
    const member = scanMember(bytes, i, maxDepth)
    if (uniqueKeys.includes(member.key)) noteFirst(firsts, member)
    members.push(member)
    i = skipSpace(bytes, member.valueEnd)
    if (bytes[i] === CLOSE_OBJECT) return { members, end: i + 1 }
    if (bytes[i] !== COMMA) throw badJson(i, 'a comma or } is missing')
    i = skipSpace(bytes, i + 1)
  }
}

function scanMember(bytes: Buffer, keyStart: number, maxDepth: number): Member {
  if (bytes[keyStart] !== QUOTE) throw badJson(keyStart, 'a key is missing')
  const keyEnd = skipString(bytes, keyStart)
  const colon = skipSpace(bytes, keyEnd)
  if (bytes[colon] !== COLON) throw badJson(colon, 'a colon is missing')
  const key = readKey(bytes, keyStart, keyEnd)
  const valueStart = skipSpace(bytes, colon + 1)
  if (bytes[valueStart] === OPEN_ARRAY && hasElements(key)) {
    const { elements, end } = scanArray(bytes, valueStart, maxDepth)
    return { key, keyStart, valueStart, valueEnd: end, elements }
  }
  const valueEnd = skipValue(bytes, valueStart, 1, maxDepth)
  return { key, keyStart, valueStart, valueEnd, elements: null }
}

function hasElements(key: string): boolean {
  return key === 'messages' || key === 'input' || key === 'prompt'
}

function scanArray(
  bytes: Buffer,
  start: number,
  maxDepth: number,
): { readonly elements: Span[] | null; readonly end: number } {
  const elements: Span[] = []
  if (maxDepth < 2) throw tooDeep(start, maxDepth)
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_ARRAY) return { elements, end: i + 1 }
  // A prompt of 100,000 token ids needs no 100,000 spans.
  if (isScalarStart(bytes[i])) return { elements: null, end: skipValue(bytes, start, 1, maxDepth) }
  for (;;) {
    const end = skipValue(bytes, i, 2, maxDepth)
    elements.push({ start: i, end })
    i = skipSpace(bytes, end)
    if (bytes[i] === CLOSE_ARRAY) return { elements, end: i + 1 }
    if (bytes[i] !== COMMA) throw badJson(i, 'a comma or ] is missing')
    i = skipSpace(bytes, i + 1)
  }
}

function isScalarStart(byte: number | undefined): boolean {
  return byte !== QUOTE && byte !== OPEN_OBJECT && byte !== OPEN_ARRAY
}

function noteFirst(firsts: Map<string, number>, { key, keyStart }: Member): void {
  const first = firsts.get(key)
  if (first === undefined) {
    firsts.set(key, keyStart)
    return
  }
  throw new GatewayError('duplicate_key', {
    param: key,
    detail: `"${key}" at byte ${first} and again at byte ${keyStart}`,
  })
}
