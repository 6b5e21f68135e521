import { GatewayError } from '../errors/index.ts'

/**
 * Finding one's way through JSON bytes without building values. These functions trust what they step
 * over; `JSON.parse` is the judge of validity. On garbage they throw `bad_json`, and they always end.
 */

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** Below this length a loop is faster than the call of a native search. */
const SHORT = 32

export function badJson(at: number, what: string): GatewayError {
  return new GatewayError('bad_json', { detail: `${what} at byte ${at}` })
}

export function skipSpace(bytes: Uint8Array, start: number): number {
  let i = start
  for (;;) {
    const byte = bytes[i]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return i
    i++
  }
}

/** From a string's opening quote to the byte after its closing one. */
export function skipString(bytes: Buffer, start: number): number {
  let i = start + 1
  for (;;) {
    const near = Math.min(i + SHORT, bytes.length)
    while (i < near) {
      const byte = bytes[i]
      if (byte === QUOTE) return i + 1
      i += byte === BACKSLASH ? 2 : 1
    }
    const quote = bytes.indexOf(QUOTE, i)
    if (quote === -1) throw badJson(start, 'a string does not end, it begins')
    let before = quote
    while (before > i && bytes[before - 1] === BACKSLASH) before--
    if ((quote - before) % 2 === 0) return quote + 1
    i = quote + 1
  }
}

/**
 * From a value's first byte to the byte after it. `depth` is how many objects and arrays are open
 * around it; more than `maxDepth` is a `too_deep`.
 */
export function skipValue(bytes: Buffer, start: number, depth: number, maxDepth: number): number {
  const first = bytes[start]
  if (first === QUOTE) return skipString(bytes, start)
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(bytes, start)
  let open = depth
  let i = start
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0
    if (byte === QUOTE) {
      // Most strings are a few bytes of a token or a key; those are stepped over right here.
      const near = Math.min(i + SHORT, bytes.length)
      let at = i + 1
      while (at < near && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++
      i = at < near && bytes[at] === QUOTE ? at + 1 : skipString(bytes, i)
      continue
    }
    // Digits and commas, by far the most, are below all brackets; bit 5 tells [ from { and ] from }.
    if (byte >= OPEN_ARRAY) {
      const bracket = byte | 0x20
      if (bracket === OPEN_OBJECT) {
        if (++open > maxDepth) throw tooDeep(i, maxDepth)
      } else if (bracket === CLOSE_OBJECT) {
        if (--open === depth) return i + 1
      }
    }
    i++
  }
  throw badJson(start, 'an object or array does not end, it begins')
}

export function tooDeep(at: number, maxDepth: number): GatewayError {
  return new GatewayError('too_deep', {
    detail: `more than ${maxDepth} objects and arrays are open at byte ${at}`,
  })
}

/** Numbers, true, false and null: everything up to the next byte that cannot be part of one. */
function skipScalar(bytes: Buffer, start: number): number {
  let i = start
  while (i < bytes.length && isScalarByte(bytes[i])) i++
  if (i === start) throw badJson(start, 'a value is missing')
  return i
}

function isScalarByte(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}

/** The text of a key whose quotes are at `start` and `end - 1`, escapes resolved. */
export function readKey(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    throw badJson(start, 'a key cannot be read')
  }
}

/** `readKey(bytes, start, end) === key`, without making a string in the common case. */
export function isKey(bytes: Buffer, start: number, end: number, key: string): boolean {
  const length = end - start - 2
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + 1 + i] ?? 0
    if (byte === BACKSLASH || byte > 0x7f) return readKey(bytes, start, end) === key
    if (byte !== key.charCodeAt(i)) return false
  }
  return length === key.length
}
