import type { RouterContext } from '@koa/router'
import type { Trace } from '../plugin/index.ts'
import type { TraceStore } from '../trace/store.ts'
import { answerList, eachItem, linkNext, type ListFormat } from './listing.ts'
import { badValue, rangeParams, textParam, type Range } from './query.ts'

// A trace can be megabytes of ids and logprobs, and its reader may be slow: one at a time.
const PAGE = 1

/** Answers with the traces of a session in turn order: all of them, or a page when `limit` is given. */
export async function answerTraces(
  ctx: RouterContext,
  store: TraceStore,
  session: string,
): Promise<void> {
  const range = rangeParams(ctx)
  const cursor = textParam(ctx, 'cursor')
  const format = formatParam(ctx)
  if (range.limit !== undefined) {
    // The headers leave before the traces are read, so the end of the page is asked for beforehand.
    const page = await store.listSummaries({
      session_id: session,
      ...range,
      ...(cursor === undefined ? {} : { cursor }),
    })
    linkNext(ctx, page.cursor)
  }
  await answerList(ctx, tracesOf(store, session, range, cursor), format)
}

/** The traces of a session, read one at a time. */
export function tracesOf(
  store: TraceStore,
  session: string,
  { since, limit }: Range,
  start?: string,
): AsyncGenerator<Trace> {
  const newer = since === undefined ? {} : { since }
  return eachItem(
    (size, cursor) =>
      store.listTraces({
        session_id: session,
        ...newer,
        limit: size,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    PAGE,
    limit,
    start,
  )
}

function formatParam(ctx: RouterContext): ListFormat {
  const format = textParam(ctx, 'format') ?? 'json'
  if (format === 'json' || format === 'jsonl') return format
  throw badValue('format', 'is neither json nor jsonl')
}
