import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from './json-lex.ts'

const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const LETTER_E = 0x65
const LETTER_U = 0x75
const WORDS = ['null', 'true', 'false'].map((word) => Buffer.from(word))
/** What may follow a backslash, besides `u` and four digits. */
const ESCAPED: ReadonlySet<number | undefined> = new Set(Buffer.from('"\\/bfnrt'))
/** Deeper values are left to `JSON.parse`, which does not recurse on the stack. */
const MAX_DEPTH = 16

/**
 * The offset after the JSON value at `start`, or -1 when there is none. Strict where `skipValue`
 * trusts: what passes here, `JSON.parse` takes too (RFC 8259).
 */
export function endOfValue(bytes: Uint8Array, start: number, depth = 0): number {
  const first = bytes[start]
  if (first === QUOTE) return endOfString(bytes, start)
  if (first === OPEN_ARRAY) return endOfArray(bytes, start, depth + 1)
  if (first === OPEN_OBJECT) return endOfObject(bytes, start, depth + 1)
  if (first === MINUS || isDigit(first)) return endOfNumber(bytes, start)
  return endOfWord(bytes, start)
}

/** From a string's opening quote. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1
  for (;;) {
    const byte = bytes[i++]
    if (byte === QUOTE) return i
    if (byte === undefined || byte < 0x20) return -1
    if (byte !== BACKSLASH) continue
    const escaped = bytes[i++]
    if (ESCAPED.has(escaped)) continue
    if (escaped !== LETTER_U) return -1
    for (const end = i + 4; i < end; i++) if (!isHexDigit(bytes[i])) return -1
  }
}

function endOfArray(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_ARRAY) return i + 1
  for (;;) {
    i = endOfValue(bytes, i, depth)
    if (i < 0) return -1
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_ARRAY) return i + 1
    if (bytes[i] !== COMMA) return -1
    i = skipSpace(bytes, i + 1)
  }
}

function endOfObject(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    i = bytes[i] === QUOTE ? endOfString(bytes, i) : -1
    if (i < 0) return -1
    i = skipSpace(bytes, i)
    if (bytes[i] !== COLON) return -1
    i = endOfValue(bytes, skipSpace(bytes, i + 1), depth)
    if (i < 0) return -1
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_OBJECT) return i + 1
    if (bytes[i] !== COMMA) return -1
    i = skipSpace(bytes, i + 1)
  }
}

function endOfNumber(bytes: Uint8Array, start: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start
  let i = skipDigits(bytes, whole)
  if (i === whole || (bytes[whole] === ZERO && i > whole + 1)) return -1
  if (bytes[i] === DOT) {
    const fraction = i + 1
    i = skipDigits(bytes, fraction)
    if (i === fraction) return -1
  }
  if (((bytes[i] ?? 0) | 0x20) !== LETTER_E) return i
  const sign = bytes[i + 1]
  const exponent = sign === MINUS || sign === PLUS ? i + 2 : i + 1
  i = skipDigits(bytes, exponent)
  return i === exponent ? -1 : i
}

function endOfWord(bytes: Uint8Array, start: number): number {
  for (const word of WORDS) {
    if (word.every((byte, at) => bytes[start + at] === byte)) return start + word.length
  }
  return -1
}

function skipDigits(bytes: Uint8Array, start: number): number {
  let i = start
  while (isDigit(bytes[i])) i++
  return i
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}
