import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bytesOf, ByteReader, ByteWriter, commonPrefix } from './bytes.ts'

/** A list of numbers as stored: `depth` links lie between it and one that is stored whole. */
export interface Chain {
  readonly key: number
  readonly values: Int32Array
  readonly depth: number
}

interface ChainRow {
  readonly parent: number | null
  readonly prefix: number
  readonly body: Uint8Array
}

/** A shared beginning shorter than this does not pay for a link. */
const MIN_PREFIX = 8

export interface Link {
  readonly parent: Chain | null
  readonly prefix: number
}

/**
 * Finds the list that shares the longest beginning. Candidates come newest first, and the first one
 * that is contained whole is taken: that is what a next turn looks like, and saves comparing the rest.
 * Every `keyframeEvery` links a list is stored whole, which bounds what reading one costs.
 */
export function findLink(
  values: Int32Array,
  candidates: readonly Chain[],
  keyframeEvery: number,
): Link {
  let best: Link = { parent: null, prefix: 0 }
  for (const parent of candidates) {
    const prefix = sharedNumbers(values, parent.values)
    if (prefix > best.prefix) best = { parent, prefix }
    if (prefix === parent.values.length) break
  }
  const isShort = best.prefix < MIN_PREFIX
  const isDeep = best.parent !== null && best.parent.depth + 1 >= keyframeEvery
  return isShort || isDeep ? { parent: null, prefix: 0 } : best
}

export function packNumbers(values: Int32Array): Uint8Array {
  const body = new ByteWriter(values.length * 3 + 8)
  for (const value of values) body.varint(value >>> 0)
  return body.finish()
}

/** Reads lists back; keeps the most recent ones, since the next turn asks for its parent. */
export class ChainReader {
  readonly #select: StatementSync
  readonly #recent = new Map<number, Chain>()

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('SELECT parent, prefix, body FROM chains WHERE key = ?')
  }

  clear(): void {
    this.#recent.clear()
  }

  read(key: number): Chain {
    const rows: { prefix: number; values: Int32Array }[] = []
    let base: Chain | null = null
    for (let at: number | null = key; at !== null;) {
      base = this.#recent.get(at) ?? null
      if (base) break
      const row = this.#select.get(at) as unknown as ChainRow | undefined
      if (!row) throw new Error(`the stored list ${at} is missing`)
      rows.push({ prefix: row.prefix, values: unpackNumbers(row.body) })
      at = row.parent
    }
    if (base && rows.length === 0) return base
    const chain = {
      key,
      values: joinRows(rows, base),
      depth: rows.length - 1 + (base ? base.depth + 1 : 0),
    }
    this.#recent.set(key, chain)
    const [oldest] = this.#recent.keys()
    if (this.#recent.size > 16 && oldest !== undefined) this.#recent.delete(oldest)
    return chain
  }
}

/** From the newest row back, each fills what lies before the prefix of the one after it. */
function joinRows(
  rows: readonly { prefix: number; values: Int32Array }[],
  base: Chain | null,
): Int32Array {
  const newest = rows[0]
  if (!newest) return new Int32Array()
  const joined = new Int32Array(newest.prefix + newest.values.length)
  let missing = joined.length
  for (const { prefix, values } of rows) {
    if (prefix >= missing) continue
    joined.set(values.subarray(0, missing - prefix), prefix)
    missing = prefix
  }
  if (base && missing > 0) joined.set(base.values.subarray(0, missing))
  return joined
}

function unpackNumbers(body: Uint8Array): Int32Array {
  const reader = new ByteReader(body)
  const values = new Int32Array(body.length)
  let length = 0
  while (!reader.done) values[length++] = reader.varint() | 0
  return values.slice(0, length)
}

export function sharedNumbers(a: Int32Array, b: Int32Array): number {
  return commonPrefix(bytesOf(a), bytesOf(b)) >> 2
}
