import { isUtf8 } from 'node:buffer'
import { BACKSLASH, CLOSE_ARRAY, COMMA, OPEN_ARRAY, QUOTE, skipSpace } from './json-lex.ts'
import { endOfString } from './json-value.ts'

const ZERO = 0x30
/** Escapes that stand for one byte; `\u` is read by `JSON.parse`. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Array.from(Buffer.from('"\\/bfnrt'), (letter, at) => [letter, '"\\/\b\f\n\r\t'.charCodeAt(at)]),
)

/**
 * True when each list of numbers in one JSON array is the UTF-8 of the string in the same place of the
 * other, and null where that is null: then it need not be kept. Both must be JSON.
 */
export function spellsAlike(lists: Buffer, texts: Buffer): boolean {
  // What is no UTF-8 reads as something else, which has another spelling.
  if (!isUtf8(texts)) return false
  let list = 1
  let text = 1
  for (;;) {
    if (texts[text] === QUOTE) {
      if (lists[list] !== OPEN_ARRAY) return false
      const end = endOfString(texts, text)
      list = matchText(lists, list, texts, text, end)
      if (list < 0) return false
      text = end
    } else if (isNull(texts, text) && isNull(lists, list)) {
      list += 4
      text += 4
    } else return false
    if (texts[text] === CLOSE_ARRAY) return lists[list] === CLOSE_ARRAY
    if (lists[list] !== COMMA) return false
    list++
    text++
  }
}

/** Reads the list at `start` along with the string from `text` to `end`; the offset after it or -1. */
function matchText(lists: Buffer, start: number, texts: Buffer, text: number, end: number): number {
  let list = start
  for (let i = text + 1; i < end - 1; i++) {
    let byte = texts[i]
    if (byte === BACKSLASH) {
      byte = ESCAPES.get(texts[++i] ?? 0)
      if (byte === undefined) return matchDecoded(lists, start, texts, text, end)
    }
    list = afterNumber(lists, list, byte)
    if (list < 0) return -1
  }
  return list === start ? afterEmpty(lists, start) : afterLast(lists, list)
}

/** The same for a string with `\u` escapes. */
function matchDecoded(
  lists: Buffer,
  start: number,
  texts: Buffer,
  text: number,
  end: number,
): number {
  let list = start
  for (const byte of Buffer.from(JSON.parse(texts.toString('utf8', text, end)) as string)) {
    list = afterNumber(lists, list, byte)
    if (list < 0) return -1
  }
  return afterLast(lists, list)
}

/** Steps over the bracket or comma at `start` and the number behind it, if it is this one. */
function afterNumber(lists: Buffer, start: number, expected: number | undefined): number {
  if (lists[start] === CLOSE_ARRAY) return -1
  let i = skipSpace(lists, start + 1)
  const first = i
  let number = 0
  for (let digit = digitAt(lists, i); digit >= 0; digit = digitAt(lists, ++i)) {
    number = number * 10 + digit
  }
  return i > first && number === expected ? skipSpace(lists, i) : -1
}

function afterLast(lists: Buffer, start: number): number {
  return lists[start] === CLOSE_ARRAY ? start + 1 : -1
}

function afterEmpty(lists: Buffer, start: number): number {
  return afterLast(lists, skipSpace(lists, start + 1))
}

function isNull(bytes: Buffer, at: number): boolean {
  // Both columns are JSON, in which only one value begins with an n.
  return bytes[at] === 0x6e
}

function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO
  return digit >= 0 && digit <= 9 ? digit : -1
}
