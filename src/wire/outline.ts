import { GatewayError } from '../errors/index.ts'
import type { Rows } from '../plugin/index.ts'
import {
  badJson,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isKey,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  skipString,
  skipValue,
} from './json-lex.ts'
import { readRows } from './rows.ts'

/** A payload with its lists of logprob entries taken out. */
export interface Outline {
  /** The payload's text with `[]` in place of each list. */
  readonly text: string
  /** The lists by their path, such as `choices.0.logprobs.content`. */
  readonly rows: ReadonlyMap<string, Rows>
  /** Where values end, by where they begin, so that nothing large is stepped over twice. */
  readonly ends: ReadonlyMap<number, number>
}

/** Where the entries stand in chat replies; `*` is every element. */
const PATH = ['choices', '*', 'logprobs', 'content']
/** A value shorter than this is found again faster than it is remembered. */
const LONG = 64

interface Walk {
  readonly payload: Buffer
  readonly kept: string[]
  readonly rows: Map<string, Rows>
  readonly ends: Map<number, number>
  keptUntil: number
}

/** Null when the payload has no such lists, or is not written as the servers write it. */
export function outlineOf(payload: Buffer): Outline | null {
  const walk: Walk = { payload, kept: [], rows: new Map(), ends: new Map(), keptUntil: 0 }
  try {
    stepInto(walk, skipSpace(payload, 0), 0, '')
  } catch (error) {
    // `JSON.parse` will say what there is to say about it.
    if (error instanceof GatewayError) return null
    throw error
  }
  const { kept, rows, ends, keptUntil } = walk
  if (rows.size === 0) return null
  kept.push(payload.toString('utf8', keptUntil))
  return { text: kept.join('[]'), rows, ends }
}

/** Steps over a value, going down where the path leads. Returns the offset after it. */
function stepInto(walk: Walk, start: number, depth: number, path: string): number {
  const key = PATH[depth]
  const isList = walk.payload[start] === OPEN_ARRAY
  let end = -1
  if (key === undefined) end = isList ? takeRows(walk, start, path) : -1
  else if (key === '*') end = isList ? stepArray(walk, start, depth, path) : -1
  else if (walk.payload[start] === OPEN_OBJECT) end = stepObject(walk, start, depth, path, key)
  return end < 0 ? stepOver(walk, start) : noteEnd(walk, start, end)
}

function stepOver(walk: Walk, start: number): number {
  return noteEnd(walk, start, skipValue(walk.payload, start, 0, Infinity))
}

function noteEnd({ ends }: Walk, start: number, end: number): number {
  if (end - start >= LONG) ends.set(start, end)
  return end
}

function takeRows(walk: Walk, start: number, path: string): number {
  const { payload, kept, rows } = walk
  const found = readRows(payload, start)
  if (!found) return -1
  kept.push(payload.toString('utf8', walk.keptUntil, start))
  walk.keptUntil = found.end
  rows.set(path, found)
  return found.end
}

function stepObject(walk: Walk, start: number, depth: number, path: string, key: string): number {
  const { payload } = walk
  let found = false
  let i = skipSpace(payload, start + 1)
  if (payload[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    if (payload[i] !== QUOTE) throw badJson(i, 'a key is missing')
    const keyEnd = skipString(payload, i)
    const colon = skipSpace(payload, keyEnd)
    if (payload[colon] !== COLON) throw badJson(colon, 'a colon is missing')
    const value = skipSpace(payload, colon + 1)
    const leads = isKey(payload, i, keyEnd, key)
    // Of a key that comes twice parsers take the last one; its path would mean either.
    if (leads && found) throw badJson(i, `a second "${key}"`)
    found ||= leads
    const below = path === '' ? key : `${path}.${key}`
    const end = leads ? stepInto(walk, value, depth + 1, below) : stepOver(walk, value)
    i = skipSpace(payload, end)
    if (payload[i] === CLOSE_OBJECT) return i + 1
    if (payload[i] !== COMMA) throw badJson(i, 'a comma or } is missing')
    i = skipSpace(payload, i + 1)
  }
}

function stepArray(walk: Walk, start: number, depth: number, path: string): number {
  const { payload } = walk
  let i = skipSpace(payload, start + 1)
  if (payload[i] === CLOSE_ARRAY) return i + 1
  for (let index = 0; ; index++) {
    i = skipSpace(payload, stepInto(walk, i, depth + 1, `${path}.${index}`))
    if (payload[i] === CLOSE_ARRAY) return i + 1
    if (payload[i] !== COMMA) throw badJson(i, 'a comma or ] is missing')
    i = skipSpace(payload, i + 1)
  }
}
