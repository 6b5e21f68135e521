import { Readable } from 'node:stream'
import type { RouterContext } from '@koa/router'
import type { Page } from '../trace/store.ts'

/** Reads a page of at most `limit` items from `cursor` on. */
export type ReadPage<T> = (limit: number, cursor: string | undefined) => Promise<Page<T>>

/** `json`: one array. `jsonl`: one item a line. */
export type ListFormat = 'json' | 'jsonl'

/**
 * The items of a list one page after the other, so that memory holds one page however long the list
 * is. Stops after `limit` items.
 */
export async function* eachItem<T>(
  read: ReadPage<T>,
  pageSize: number,
  limit = Infinity,
  start?: string,
): AsyncGenerator<T> {
  let left = limit
  let cursor = start
  while (left > 0) {
    const page = await read(Math.min(pageSize, left), cursor)
    yield* page.items
    if (page.cursor === null) return
    left -= page.items.length
    cursor = page.cursor
  }
}

/**
 * Answers with a list. The first item is read before the headers leave, so that a store that cannot
 * answer is an error status; one that fails later cuts the connection instead of ending the list.
 */
export async function answerList<T>(
  ctx: RouterContext,
  items: AsyncGenerator<T>,
  format: ListFormat = 'json',
): Promise<void> {
  const first = await items.next()
  const rest = first.done ? [] : prepend(first.value, items)
  ctx.type = format === 'json' ? 'application/json' : 'application/x-ndjson'
  ctx.body = Readable.from(format === 'json' ? arrayText(rest) : lineText(rest), {
    objectMode: false,
  })
}

/** Names the next page of a list in the headers `x-next-cursor` and `link` (RFC 8288). */
export function linkNext(ctx: RouterContext, cursor: string | null): void {
  if (cursor === null) return
  const query = new URLSearchParams(ctx.querystring)
  query.set('cursor', cursor)
  ctx.set('x-next-cursor', cursor)
  ctx.set('link', `<${ctx.path}?${query.toString()}>; rel="next"`)
}

async function* prepend<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

async function* arrayText<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<string> {
  let before = '['
  for await (const item of items) {
    yield before + JSON.stringify(item)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

async function* lineText<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`
}
