import { GatewayError } from '../errors/index.ts'
import type { Page } from './store.ts'

/** Reads a cursor back into the numbers it was made of; a cursor of another list is refused. */
export function readCursor(
  kind: 'turn' | 'call' | 'session',
  cursor: string | undefined,
): number[] | null {
  if (cursor === undefined) return null
  const [named, ...numbers] = cursor.split('.')
  const read = numbers.map(Number)
  const right = named === kind && read.length === (kind === 'session' ? 2 : 1)
  if (!right || !read.every(Number.isSafeInteger)) {
    throw new GatewayError('bad_query', {
      detail: 'the cursor is not one of this list',
      param: 'cursor',
    })
  }
  return read
}

export function writeCursor(
  kind: 'turn' | 'call' | 'session',
  ...numbers: readonly number[]
): string {
  return [kind, ...numbers].join('.')
}

/** The first `limit` of items, with a cursor when there are more. Hand in one more than the limit. */
export function pageOf<T>(
  items: readonly T[],
  limit: number | undefined,
  cursorOf: (last: T) => string,
): Page<T> {
  if (limit === undefined || items.length <= limit) return { items, cursor: null }
  const kept = items.slice(0, Math.max(0, limit))
  const last = kept.at(-1)
  return { items: kept, cursor: last === undefined ? null : cursorOf(last) }
}
