import { asGatewayError, GatewayError } from '../errors/index.ts'
import type { Attempt, Reply, Upstream } from '../plugin/index.ts'
import {
  kindOfError,
  kindOfReply,
  neverSent,
  retryAfterOf,
  type Failure,
  type Placing,
} from '../upstream/index.ts'
import { makeAttempt, noteAttempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import type { Plan } from './plan.ts'
import { readRefusal } from './refusal.ts'
import { isWorthRetrying, pause, pauseBefore, retriesFor } from './retry.ts'
import { wantedOf } from './route.ts'

/** How often plugins may have a refused attempt made anew. */
const MAX_AGAIN = 2

/** A reply and the attempt that brought it. */
export interface Answer {
  readonly reply: Reply
  readonly attempt: Attempt
}

/** What came of a call. */
export interface Result {
  /** Null when there is an answer, or an end that no other upstream can mend. */
  readonly failure: Failure | null
  /** The answer, be it an error reply; throws the error that came instead. */
  finish(): Answer
  /** Gives the answer up. */
  discard(): void
}

/**
 * Sends the call to the upstreams of one model until one answers. A call that an upstream has not seen
 * moves to the next one, once each; one whose upstream died before it began to answer moves once. Beyond
 * that, what was sent is sent again only as often as the configuration asks for, because the model may
 * have run, or where the upstream refused it and a plugin mends the params.
 */
export async function askModel(
  exchange: Exchange,
  plan: Plan,
  route: readonly Upstream[],
  parts: Parts,
): Promise<Result> {
  const { routing, call } = exchange
  const tried = new Set<Upstream>()
  let order = [...route]
  let retries = 0
  let hasMoved = false
  for (;;) {
    const upstream = order[0]
    if (!upstream) throw new GatewayError('no_upstream')
    await parts.upstreams.identified(upstream, call.signal)
    tried.add(upstream)
    const attempt: Attempt = { index: exchange.attempts.length, upstream }
    let result: Result
    try {
      const reply = await makeAttempt(exchange, attempt, upstream, parts)
      const failed = await judge(exchange, { reply, attempt }, upstream, parts)
      if (failed === 'again') continue
      result = failed
    } catch (thrown) {
      const error = asGatewayError(thrown)
      // A failure that no attempt has noted is a plugin's.
      if (call.signal.aborted || exchange.attempts.length === attempt.index) throw error
      parts.upstreams.failed(upstream, error, routing.model)
      const isUnseen = neverSent(error)
      if (isUnseen || (!hasMoved && hasDied(upstream, error, parts))) {
        order = seatedBehind(exchange, order, plan, parts)
        if (order.length > 0) {
          hasMoved ||= !isUnseen
          continue
        }
      }
      result = failedWith(error, upstream, parts)
    }
    const { failure } = result
    if (!failure) return result
    const next = await placeAgain(exchange, plan, { failure, upstream, tried, retries }, parts)
    if (!next) return result
    result.discard()
    retries = next.retries
    routing.retries += 1
    order = [...next.upstreams]
  }
}

/** What a reply comes to: an answer, a failure, or that a plugin wants the attempt made anew. */
async function judge(
  exchange: Exchange,
  { reply, attempt }: Answer,
  upstream: Upstream,
  parts: Parts,
): Promise<Result | 'again'> {
  const { routing, call } = exchange
  const { upstreams } = parts
  const retryAfterMs = retryAfterOf(reply.headers)
  upstreams.answered(upstream, reply.status, routing.model, retryAfterMs)
  if (reply.status < 400) {
    return { failure: null, finish: () => ({ reply, attempt }), discard() {} }
  }
  const refused = await readRefusal(reply)
  const { message, param } = refused.refusal
  if (routing.again < MAX_AGAIN && (await parts.host.refused(refused.refusal, call, attempt))) {
    routing.again += 1
    void refused.discard()
    noteAttempt(exchange, attempt.index, message.slice(0, 200))
    return 'again'
  }
  const kind = kindOfReply(reply.status, message, param)
  return {
    failure: upstreams.owns(upstream) ? { kind, status: reply.status, retryAfterMs } : null,
    finish: () => ({ reply: refused.reply, attempt }),
    discard() {
      void refused.discard()
      noteAttempt(exchange, attempt.index, message.slice(0, 200) || `HTTP ${reply.status}`)
    },
  }
}

/** No answer came. Of what a plugin made its own plugin must judge. */
export function failedWith(
  error: GatewayError,
  upstream: Upstream | null,
  { upstreams }: Parts,
): Result {
  const kind = upstream && !upstreams.owns(upstream) ? null : kindOfError(error.code)
  return {
    failure: kind && { kind, status: error.status, retryAfterMs: null },
    finish() {
      throw error
    },
    discard() {},
  }
}

interface Failed {
  readonly failure: Failure
  readonly upstream: Upstream
  readonly tried: ReadonlySet<Upstream>
  readonly retries: number
}

/** Takes a seat for another attempt, after the pause that is due; null when there is none to make. */
async function placeAgain(
  exchange: Exchange,
  plan: Plan,
  { failure, upstream, tried, retries }: Failed,
  parts: Parts,
): Promise<{ readonly upstreams: Placing['upstreams']; readonly retries: number } | null> {
  const { upstreams, forwarding } = parts
  const { routing, call } = exchange
  const terms = upstreams.termsOf(upstream)
  const limit = retriesFor(failure, terms, plan, forwarding)
  routing.maxRetries = limit
  const isSpent = retries >= limit
  // Those of a higher order are there for when the ones before them fail, each with its own retries.
  const isLower = isSpent && upstreams.hasAbove(routing.model, terms.order)
  if (isSpent && !isLower) return null
  if (!isWorthRetrying(failure, true, forwarding)) return null
  const wanted = {
    ...wantedOf(plan, routing.model, exchange),
    tried,
    ...(isLower ? { aboveOrder: terms.order } : {}),
  }
  exchange.seat?.leave()
  try {
    let placing = await upstreams.place(wanted, call.signal)
    exchange.seat = placing.seat
    const elsewhere = placing.upstreams[0] !== upstream
    if (!isWorthRetrying(failure, elsewhere, forwarding)) return null
    const ms = pauseBefore(failure, retries, elsewhere, forwarding.retryAfterMs)
    if (ms > 0) {
      placing.seat.leave()
      await pause(ms, call.signal)
      placing = await upstreams.place(wanted, call.signal)
      exchange.seat = placing.seat
    }
    return { upstreams: placing.upstreams, retries: isLower ? 0 : retries + 1 }
  } catch (thrown) {
    if (call.signal.aborted) throw thrown
    return null // What failed says more than that there is nobody else.
  }
}

/** The upstreams behind the first one, from the next on that has room. */
function seatedBehind(
  exchange: Exchange,
  order: readonly Upstream[],
  { tokens }: Plan,
  { upstreams }: Parts,
): Upstream[] {
  exchange.seat?.leave()
  for (let at = 1; at < order.length; at += 1) {
    const next = order[at]
    const seat = next && upstreams.seat(next, tokens)
    if (!seat) continue
    exchange.seat = seat
    return order.slice(at)
  }
  return []
}

/**
 * True when the server went away with the call in its hands and nothing of an answer came back: no
 * sample is lost or had twice by asking another one. Slowness is no death. Not at OpenAI, where the
 * work that was lost may have been paid for, and not for what a plugin made, whose reasons are its own.
 */
function hasDied(upstream: Upstream, error: GatewayError, parts: Parts): boolean {
  if (upstream.kind === 'openai' || !parts.upstreams.owns(upstream)) return false
  return error.code === 'upstream_reset'
}
