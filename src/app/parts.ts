import { randomUUID } from 'node:crypto'
import type Router from '@koa/router'
import { createAdminRouter, type AdminParts } from '../admin/index.ts'
import type { Config } from '../config/index.ts'
import { createTurnstile, type Parts } from '../stages/index.ts'
import type { TraceStore } from '../trace/index.ts'
import { poolHeadersMs } from './make-upstream.ts'
import { forwardingOf } from './routing-options.ts'
import { VERSION } from './version.ts'

/** What the stages of a call need: what was made for this gateway, and its settings. */
export function partsOf(
  config: Config,
  store: TraceStore,
  made: Pick<
    Parts,
    | 'host'
    | 'upstreams'
    | 'calls'
    | 'lateSaves'
    | 'log'
    | 'meter'
    | 'settings'
    | 'weights'
    | 'cache'
    | 'ledger'
    | 'counters'
    | 'spending'
    | 'prices'
  >,
): Parts {
  const { limits, timeouts } = config
  return {
    ...made,
    forwarding: forwardingOf(config),
    durability: store.durability,
    turnstile: createTurnstile(),
    async recorded(traceId) {
      const [trace, wire] = await Promise.all([store.getTrace(traceId), store.getWire(traceId)])
      return trace && wire && { trace, wire }
    },
    charge: (row) => store.books.charge(row),
    samplingParams: (session) => store.getSamplingParams(session),
    version: VERSION,
    viaName: `sluice-${randomUUID().slice(0, 8)}`,
    metadataHeader: config.metadata_header,
    limits: {
      bodyBytes: limits.body_bytes,
      depth: limits.depth,
      responseBytes: limits.response_bytes,
      eventBytes: limits.event_bytes,
    },
    timeouts: {
      totalMs: timeouts.total_ms,
      // The sockets keep the longer of the two.
      headersMs: poolHeadersMs(timeouts) > timeouts.headers_ms ? timeouts.headers_ms : null,
      streamHeadersMs: timeouts.stream_headers_ms ?? null,
      graceMs: timeouts.grace_ms,
      clientStallMs: timeouts.client_stall_ms,
    },
  }
}

/** The routes beside the calls, over the same parts. */
export function adminOf(
  { host, upstreams, calls, meter, settings, weights, cache, spending }: Parts,
  store: TraceStore,
  made: Pick<AdminParts, 'workers' | 'reload' | 'ledger' | 'whyOut'>,
): Router {
  return createAdminRouter({
    ...made,
    store,
    upstreams,
    weights,
    cache,
    settings,
    hooks: host,
    termsOf: (upstream) => upstreams.termsOf(upstream),
    spentBy: (spender) => spending.spentBy(spender),
    takeUp: (spenders) => spending.takeUp(spenders),
    metrics: meter,
    draining: () => calls.draining,
    version: VERSION,
    startedAt: Date.now(),
    async flush(timeoutMs) {
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, timeoutMs, false).unref())
      return Promise.race([store.flush().then(() => true), late])
    },
  })
}
