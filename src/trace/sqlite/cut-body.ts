import {
  CLOSE_ARRAY,
  COLON,
  COMMA,
  isKey,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  skipString,
  skipValue,
} from '../../wire/json-lex.ts'

/** What a body was cut into: `spans` holds start and end of each part, in order. */
export interface BodyCut {
  readonly spans: readonly number[]
  /** The parts that are elements of the first list, as a range of part numbers. */
  readonly list: readonly [first: number, end: number]
}

/** A body cut before, and how many of its bytes the new one begins with. */
export interface KnownStart {
  readonly cut: BodyCut
  readonly length: number
}

const LISTS = ['messages', 'input', 'prompt']
/** Another top-level value becomes a part of its own from this size; tools are the usual one. */
const BIG_VALUE = 256
/** Small elements, such as token ids, share a part until it has this size. */
const SMALL_ELEMENTS = 1024
const TEXT_BLOCK = 2048

/**
 * Cuts a request body where the next turn of a session will repeat it: after each message, around
 * each big value, and into blocks inside a long prompt. Cuts only decide how well a body shares room
 * with others. Whatever they are, the body is rebuilt from parts and the bytes between them, so
 * nothing here judges: a body that is no JSON is cut nowhere or oddly, and is still exact.
 */
export function cutBody(bytes: Uint8Array, known?: KnownStart): BodyCut {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const cut = { spans: [] as number[], list: [0, 0] as [number, number] }
  try {
    const at = known ? resume(cut, known) : -1
    if (at < 0) cutMembers(body, cut, skipSpace(body, 0))
    else cutMembers(body, cut, cutElements(body, cut, at))
  } catch {
    // The rest cannot be told apart and stays one piece.
  }
  return cut
}

type Cut = { spans: number[]; list: [number, number] }

/**
 * Takes over the cuts of those list elements that are the same together with the byte that ended
 * each. Returns where to go on inside the list, or -1 when no element is the same.
 */
function resume(cut: Cut, { cut: before, length }: KnownStart): number {
  const [first, end] = before.list
  let same = end
  while (same > first && (before.spans[same * 2 - 1] as number) >= length) same--
  if (same === first) return -1
  cut.spans = before.spans.slice(0, same * 2)
  cut.list = [first, same]
  return before.spans[same * 2 - 1] as number
}

/** Goes through `"name": value` pairs from an opening brace, or from the comma before a next pair. */
function cutMembers(body: Buffer, cut: Cut, start: number): void {
  if (body[start] !== OPEN_OBJECT && body[start] !== COMMA) return
  let at = start
  do {
    const name = skipSpace(body, at + 1)
    if (body[name] !== QUOTE) return
    const nameEnd = skipString(body, name)
    const colon = skipSpace(body, nameEnd)
    if (body[colon] !== COLON) return
    const isList = LISTS.some((list) => isKey(body, name, nameEnd, list))
    at = skipSpace(body, cutValue(body, cut, skipSpace(body, colon + 1), isList))
  } while (body[at] === COMMA)
}

/** Returns the offset after the value. */
function cutValue(body: Buffer, cut: Cut, start: number, isList: boolean): number {
  if (isList && body[start] === OPEN_ARRAY) {
    const next = cut.spans.length / 2
    if (cut.list[0] === cut.list[1]) cut.list = [next, next]
    return cutElements(body, cut, start + 1)
  }
  const end = skipValue(body, start, 0, Infinity)
  if (end - start < BIG_VALUE) return end
  const block = isList ? TEXT_BLOCK : end - start
  for (let at = start; at < end; at += block) cut.spans.push(at, Math.min(at + block, end))
  return end
}

/** A part begins where the last one ended, so it holds its comma. Returns the offset after the list. */
function cutElements(body: Buffer, cut: Cut, from: number): number {
  const isFirstList = cut.list[1] === cut.spans.length / 2
  let start = from
  for (let at = from; ;) {
    at = skipSpace(body, at)
    if (body[at] === CLOSE_ARRAY) return skipSpace(body, at + 1)
    if (body[at] === COMMA) at = skipSpace(body, at + 1)
    const isSmall = body[at] !== OPEN_OBJECT
    at = skipValue(body, at, 0, Infinity)
    if (isSmall && at - start < SMALL_ELEMENTS) continue
    cut.spans.push(start, at)
    if (isFirstList) cut.list[1] = cut.spans.length / 2
    start = at
  }
}
