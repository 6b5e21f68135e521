import { BACKSLASH, CLOSE_ARRAY, COMMA, OPEN_ARRAY, QUOTE } from './json-lex.ts'

const ZERO = 0x30
/** The only value that begins with it is null. */
const LETTER_N = 0x6e
/** Escapes that stand for one byte; `\u` is read by `JSON.parse`. */
const ESCAPES: ReadonlyMap<number | undefined, number> = new Map(
  Array.from(Buffer.from('"\\/bfnrt'), (letter, at) => [letter, '"\\/\b\f\n\r\t'.charCodeAt(at)]),
)

/**
 * `compact`: a list is the UTF-8 of a text as `JSON.stringify` writes it. `spaced`: it is, but for
 * spaces.
 */
export type Spelling = 'compact' | 'spaced'

/**
 * How the list at one place of a payload spells the text at another one; null when it does not. A null
 * in both places is spelled. Both must be JSON. Plain numbers, because there are two for each token.
 */
export function spellingOf(
  payload: Buffer,
  list: number,
  listEnd: number,
  text: number,
  textEnd: number,
): Spelling | null {
  if (payload[text] !== QUOTE) {
    return payload[text] === LETTER_N && payload[list] === LETTER_N ? 'compact' : null
  }
  if (payload[list] !== OPEN_ARRAY) return null
  if (isCompact(payload, list, listEnd, text, textEnd)) return 'compact'
  // The slow way, for lists with spaces in them and texts with `\u`.
  const numbers = JSON.parse(payload.toString('latin1', list, listEnd)) as readonly unknown[]
  const bytes = Buffer.from(JSON.parse(payload.toString('utf8', text, textEnd)) as string)
  const isSame =
    numbers.length === bytes.length && numbers.every((number, at) => number === bytes[at])
  return isSame ? 'spaced' : null
}

function isCompact(
  payload: Buffer,
  list: number,
  listEnd: number,
  text: number,
  textEnd: number,
): boolean {
  let i = list + 1
  for (let at = text + 1; at < textEnd - 1; at++) {
    let byte = payload[at]
    if (byte === BACKSLASH) byte = ESCAPES.get(payload[++at])
    if (byte === undefined) return false
    if (i > list + 1 && payload[i++] !== COMMA) return false
    if (byte >= 100 && payload[i++] !== ZERO + Math.floor(byte / 100)) return false
    if (byte >= 10 && payload[i++] !== ZERO + (Math.floor(byte / 10) % 10)) return false
    if (payload[i++] !== ZERO + (byte % 10)) return false
  }
  return payload[i] === CLOSE_ARRAY && i + 1 === listEnd
}
