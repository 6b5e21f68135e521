import { setTimeout as pause } from 'node:timers/promises'
import type { Page, TraceSummary } from '../../trace/index.ts'
import { openGateway, type GatewayClient, type Address } from '../gateway-client.ts'
import type { Io } from '../io.ts'
import { summaryLines } from '../summary-table.ts'

const POLL_MS = 1000
const PAGE = 500
// Calls that began this long ago and are still under way are followed too.
const LOOK_BACK_SECONDS = 3600

export interface TailOptions extends Address {
  readonly session?: string
  readonly untilIdle?: number
  readonly json?: boolean
}

/** `sluice traces tail`: prints every trace that is saved from now on, until SIGINT. */
export async function tailTraces(options: TailOptions, io: Io): Promise<void> {
  const { session, untilIdle = Infinity, json = false } = options
  const next = follow(openGateway(options, io), session)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort)
  try {
    let last = performance.now()
    let header = true
    // What is there already is not news.
    await next()
    if (!json) io.stderr.write('waiting for traces\n')
    while (!stop.signal.aborted && performance.now() - last < untilIdle) {
      await pause(Math.min(POLL_MS, untilIdle / 4), undefined, { signal: stop.signal }).catch(abort)
      const rows = await next()
      if (rows.length === 0) continue
      const lines = json ? rows.map((row) => JSON.stringify(row)) : summaryLines(rows, io, header)
      io.stdout.write(`${lines.join('\n')}\n`)
      last = performance.now()
      header = false
    }
  } finally {
    process.off('SIGINT', abort)
  }
}

/**
 * Returns a function that gives the traces saved since it was last called. Traces are listed by when
 * they began and are saved in another order, so a page is passed for good only once every call on it
 * has ended.
 */
function follow(
  gateway: GatewayClient,
  session: string | undefined,
): () => Promise<readonly TraceSummary[]> {
  const since = Math.max(0, Math.floor(Date.now() / 1000) - LOOK_BACK_SECONDS)
  const known = new Set<string>()
  let settled: string | undefined
  return async () => {
    const fresh: TraceSummary[] = []
    let from = settled
    let behindAllEnded = true
    for (;;) {
      const page = await gateway.json<Page<TraceSummary>>('traces', {
        session_id: session,
        since,
        limit: PAGE,
        pending: true,
        cursor: from,
      })
      const ended = page.items.filter(({ status }) => status !== 'pending')
      fresh.push(...ended.filter(({ trace_id }) => !known.has(trace_id)))
      for (const { trace_id } of ended) known.add(trace_id)
      if (page.cursor === null) return fresh
      behindAllEnded &&= ended.length === page.items.length
      if (behindAllEnded) {
        settled = page.cursor
        for (const { trace_id } of page.items) known.delete(trace_id)
      }
      from = page.cursor
    }
  }
}
