import type { Edit, FullTrace, TraceStatus } from '../plugin/index.ts'
import type { Taps } from '../host/index.ts'
import { UNTOLD } from '../trace/index.ts'
import { callerOf } from './caller.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** How a call ended, as far as the reply tells. */
export interface Ended {
  readonly status: TraceStatus
  readonly reason: string | null
  readonly warnings: readonly string[]
}

/** Gathers the bytes of one reply and what was changed in them on the way to the caller. */
export interface Recorder {
  receive(bytes: Uint8Array): void
  /** Takes the whole body in one piece, where the framing has put it together already. */
  whole(bytes: Uint8Array): void
  edited(edits: readonly Edit[]): void
  /** The trace of the call as it stands, before plugins add to it. */
  trace(ended: Ended, taps: Taps | null): FullTrace
}

export function createRecorder(
  exchange: Exchange,
  stream: boolean,
  { settings, weights }: Pick<Parts, 'settings' | 'weights'>,
): Recorder {
  const received: Uint8Array[] = []
  const edits: Edit[] = []
  return {
    receive: (bytes) => void received.push(bytes),
    whole: (bytes) => void received.splice(0, Infinity, bytes),
    edited: (more) => void edits.push(...more),
    trace: (ended, taps) =>
      baseTrace(exchange, ended, {
        response: received.length === 1 && received[0] ? received[0] : Buffer.concat(received),
        edits,
        stream,
        warnings: [...ended.warnings, ...(taps?.warnings ?? [])],
        project: settings.project,
        weightVersion: weights.current,
      }),
  }
}

interface ReplyRecord {
  readonly response: Uint8Array
  readonly edits: readonly Edit[]
  readonly stream: boolean
  readonly warnings: readonly string[]
  readonly project: string | null
  /** As it is now that the reply is in. */
  readonly weightVersion: FullTrace['weight_version']
}

/** What the gateway itself knows about a call; plugins fill in what the reply says. */
function baseTrace(exchange: Exchange, ended: Ended, reply: ReplyRecord): FullTrace {
  const { call, sentParams, sentBytes, body } = exchange
  const { sessions, received } = call
  return {
    trace_id: call.id,
    session_id: sessions[0] ?? '',
    model: call.model,
    ...UNTOLD,
    caller: callerOf(exchange),
    latency_ms: round(exchange.elapsed()),
    timestamp: call.startedAt / 1000,
    metadata: call.metadata,
    // The store reads messages and tools back from the received bytes where they are these very values.
    raw_request: body.json,
    seq: 0,
    session_ids: sessions,
    status: ended.status,
    reason: ended.reason,
    dialect: call.dialect,
    streaming: call.streaming,
    http_status: exchange.httpStatus,
    upstream: exchange.upstream && infoOf(exchange.upstream),
    attempts: [...exchange.attempts],
    weight_version: exchange.weightVersion,
    // What never left for an upstream met no weights.
    weight_version_end: exchange.upstream && reply.weightVersion,
    params_sent: differing(received, sentParams),
    changes: [...exchange.changes],
    ttft_ms: exchange.firstFrameMs === null ? null : round(exchange.firstFrameMs),
    request_id: call.requestId,
    idempotency_key: exchange.idempotencyKey,
    cache: exchange.cache && cacheOf(exchange.cache),
    warnings: [...exchange.notes, ...reply.warnings],
    extra: {
      ...contentTypeOf(exchange, reply.stream),
      ...(reply.project === null ? {} : { project: reply.project }),
      ...(exchange.tags.length === 0 ? {} : { tags: exchange.tags }),
    },
    wire: {
      received: body.bytes,
      sent: sentBytes === body.bytes ? null : sentBytes,
      response: reply.response,
      edits: reply.edits,
      stream: reply.stream,
    },
  }
}

function infoOf({
  name,
  kind,
  url,
  simulated,
}: NonNullable<Exchange['upstream']>): FullTrace['upstream'] {
  return { name, kind, url, simulated }
}

function cacheOf({ key, hit, stored_at }: NonNullable<FullTrace['cache']>): FullTrace['cache'] {
  return { key, hit, stored_at }
}

/** Parameters that were sent and are not what came in; null for those taken out. */
function differing(
  received: FullTrace['params_sent'],
  sent: FullTrace['params_sent'],
): FullTrace['params_sent'] {
  if (received === sent) return {}
  const keys = new Set([...Object.keys(received), ...Object.keys(sent)])
  return Object.fromEntries(
    [...keys].filter((key) => received[key] !== sent[key]).map((key) => [key, sent[key] ?? null]),
  )
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

/** JSON and event streams go without saying. */
function contentTypeOf({ contentType }: Exchange, stream: boolean): FullTrace['extra'] {
  const usual = stream || contentType === null || contentType.startsWith('application/json')
  return usual ? {} : { content_type: contentType }
}
