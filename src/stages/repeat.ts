import { hash } from 'node:crypto'
import type { Context } from 'koa'
import { GatewayError } from '../errors/index.ts'
import type { Trace, WireRecord } from '../plugin/index.ts'
import { deliveredBytes } from '../trace/index.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** A call as it was recorded, with its bytes. */
export interface Recorded {
  readonly trace: Trace
  readonly wire: WireRecord
}

/** Lets calls with the same `idempotency-key` happen one after the other. */
export interface Turnstile {
  /**
   * Waits until no other call with this trace id is under way, then lets this one in.
   * @throws the call's own error when it ends while it waits
   */
  enter(exchange: Exchange): Promise<void>
  leave(exchange: Exchange): void
}

/**
 * The trace id of a call with an idempotency key: a UUID of its own making (RFC 9562 §5.8), the same
 * for every retry of the same target (method and path) within the session. So a call and its retries
 * have one trace, also across restarts.
 */
export function repeatableId(target: string, session: string, key: string): string {
  const bytes = hash('sha256', `${target}\0${session}\0${key}`, 'buffer').subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export function createTurnstile(): Turnstile {
  const inside = new Map<
    string,
    { readonly exchange: Exchange; readonly left: PromiseWithResolvers<void> }
  >()
  return {
    async enter(exchange) {
      const { id, signal } = exchange.call
      if (exchange.idempotencyKey === null || !exchange.recorded) return
      for (let other = inside.get(id); other; other = inside.get(id)) {
        await Promise.race([other.left.promise, ended(signal)])
        if (exchange.error) throw exchange.error
      }
      inside.set(id, { exchange, left: Promise.withResolvers() })
    },
    leave(exchange) {
      const place = inside.get(exchange.call.id)
      if (place?.exchange !== exchange) return
      inside.delete(exchange.call.id)
      place.left.resolve()
    },
  }
}

/**
 * The recorded answer to an earlier call with the same idempotency key; null when there is none that
 * is complete, so that the call is made (again).
 *
 * @throws {GatewayError} `idempotency_conflict` when the key was used for another body
 */
export async function earlierAnswer(exchange: Exchange, parts: Parts): Promise<Recorded | null> {
  if (exchange.idempotencyKey === null || !exchange.recorded) return null
  const recorded = await parts.recorded(exchange.call.id)
  if (!recorded) return null
  if (!exchange.body.bytes.equals(recorded.wire.received)) {
    throw new GatewayError('idempotency_conflict', { param: 'idempotency-key' })
  }
  if (recorded.trace.status === 'complete') return recorded
  // The trace of the retry takes the place of the broken one, and says that there was one.
  exchange.attempts.push(...recorded.trace.attempts)
  exchange.notes.push(`repeats_${recorded.trace.status}:${recorded.trace.reason ?? 'unknown'}`)
  return null
}

/** Answers with what the first call with this key got, byte for byte; nothing is sent upstream. */
export function answerAgain(ctx: Context, { trace, wire }: Recorded, parts: Parts): void {
  ctx.set({
    'x-trace-id': trace.trace_id,
    'x-trace-durability': parts.durability,
    'idempotent-replayed': 'true',
    'content-type': contentTypeOf(trace, wire),
  })
  ctx.status = trace.http_status ?? 200
  ctx.body = Buffer.from(deliveredBytes(wire))
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Kept with the trace where it is another one than its kind of reply has anyway. */
function contentTypeOf({ extra }: Trace, { stream }: WireRecord): string {
  const kept = extra['content_type']
  if (typeof kept === 'string') return kept
  return stream ? 'text/event-stream; charset=utf-8' : 'application/json'
}
