import { GatewayError } from '../errors/index.ts'
import type { Span } from './json-scan.ts'
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
import { cutItem, endItems, keepItem, newRuns } from './cut-runs.ts'

/** Paths as a tree: what to look for below a key. A leaf is to be cut. */
interface PathTree {
  readonly key: string
  readonly below: PathTree[]
  cut: boolean
}

export type KnownEnds = ReadonlyMap<number, number>

/** One search of a payload. */
interface Search {
  readonly bytes: Buffer
  readonly cuts: Span[]
  readonly ends: KnownEnds | undefined
}

/**
 * The byte ranges to take out of a JSON payload so that the values at these paths are gone, each with
 * its key and one comma. In order and without overlap; empty when nothing matches or the payload is
 * not JSON. A key that comes twice is cut twice. `ends`: where values end, by where they begin, as far
 * as somebody found out before.
 */
export function cutPaths(payload: Buffer, paths: readonly string[], ends?: KnownEnds): Span[] {
  const cuts: Span[] = []
  try {
    walk({ bytes: payload, cuts, ends }, skipSpace(payload, 0), treeOf(paths))
    return cuts
  } catch (error) {
    // What is not JSON has nothing to cut and passes as it is.
    if (error instanceof GatewayError) return []
    throw error
  }
}

/**
 * A cheap look for the paths' last keys before anything is scanned: most chunks have none of the
 * fields that are cut. Only a key written with escapes can hide from it.
 */
export function mayHave(text: Searchable, paths: readonly string[]): boolean {
  return paths.some((path) => mayHaveKey(text, lastKey(path))) || text.includes('\\u')
}

/** The search is for `key"` because `"` is so frequent in JSON that starting from one is slow. */
function mayHaveKey(text: Searchable, key: string): boolean {
  return key === '*' || ESCAPABLE.test(key) || text.includes(`${key}"`)
}

/** A text, or its bytes where they were not decoded yet. */
interface Searchable {
  includes(piece: string): boolean
}

/** Characters that JSON writers escape without `\u`. */
const ESCAPABLE = /["\\/\b\f\n\r\t]/

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function treeOf(paths: readonly string[]): PathTree {
  const root: PathTree = { key: '', below: [], cut: false }
  for (const path of paths) {
    let node = root
    for (const key of path.split('.')) {
      let next = node.below.find((child) => child.key === key)
      if (!next) node.below.push((next = { key, below: [], cut: false }))
      node = next
    }
    node.cut = true
  }
  return root
}

/** What the paths have to say about an object's key whose quotes are at `start` and `end - 1`. */
function belowKey(tree: PathTree, bytes: Buffer, start: number, end: number): PathTree | undefined {
  for (const child of tree.below) if (isKey(bytes, start, end, child.key)) return child
  return undefined
}

/** Steps over one value, entering only what a path leads into. Returns the offset after it. */
function walk(search: Search, start: number, tree: PathTree | undefined): number {
  const { bytes } = search
  if (tree && tree.below.length > 0) {
    if (bytes[start] === OPEN_OBJECT) return walkObject(search, start, tree)
    const each = tree.below.find((child) => child.key === '*')
    if (each && bytes[start] === OPEN_ARRAY) return walkArray(search, start, each)
  }
  return endOf(search, start)
}

function endOf({ bytes, ends }: Search, start: number): number {
  return ends?.get(start) ?? skipValue(bytes, start, 0, Infinity)
}

function walkObject(search: Search, start: number, tree: PathTree): number {
  const { bytes } = search
  const runs = newRuns(search.cuts)
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    if (bytes[i] !== QUOTE) throw badJson(i, 'a key is missing')
    const keyEnd = skipString(bytes, i)
    const colon = skipSpace(bytes, keyEnd)
    if (bytes[colon] !== COLON) throw badJson(colon, 'a colon is missing')
    const next = belowKey(tree, bytes, i, keyEnd)
    i = walkItem(search, i, skipSpace(bytes, colon + 1), next, runs)
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_OBJECT) break
    if (bytes[i] !== COMMA) throw badJson(i, 'a comma or } is missing')
    i = skipSpace(bytes, i + 1)
  }
  endItems(runs)
  return i + 1
}

function walkArray(search: Search, start: number, each: PathTree): number {
  const { bytes } = search
  const runs = newRuns(search.cuts)
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_ARRAY) return i + 1
  for (;;) {
    i = skipSpace(bytes, walkItem(search, i, i, each, runs))
    if (bytes[i] === CLOSE_ARRAY) break
    if (bytes[i] !== COMMA) throw badJson(i, 'a comma or ] is missing')
    i = skipSpace(bytes, i + 1)
  }
  endItems(runs)
  return i + 1
}

/** One member (from its key on) or one element: cut, or kept and walked. */
function walkItem(
  search: Search,
  start: number,
  valueStart: number,
  tree: PathTree | undefined,
  runs: ReturnType<typeof newRuns>,
): number {
  if (tree?.cut) {
    const end = endOf(search, valueStart)
    cutItem(runs, start, end)
    return end
  }
  keepItem(runs, start)
  const end = walk(search, valueStart, tree)
  runs.keptEnd = end
  return end
}
