import { setTimeout as delay } from 'node:timers/promises'
import type { Failure, FailureKind, Terms } from '../upstream/index.ts'
import type { ForwardOptions } from './forward-options.ts'
import type { Plan } from './plan.ts'

/** A server that asks for more is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
const JITTER_MS = 750

/** Failures of which the next attempt, here or elsewhere, may know nothing. */
const PASSING: ReadonlySet<FailureKind> = new Set([
  'timeout',
  'rate_limit',
  'internal_server',
  'service_unavailable',
])

/**
 * How often a call may be sent again after this failure. The caller's wish stands above the upstream's
 * terms, these above the policy, and that above the general number. A policy that names the kind of
 * failure also says that it is worth another attempt.
 */
export function retriesFor(
  { kind }: Failure,
  { retries }: Terms,
  plan: Plan,
  options: ForwardOptions,
): number {
  const byPolicy = options.retryPolicy[kind === 'context_window' ? 'bad_request' : kind]
  return plan.retries ?? retries ?? byPolicy ?? options.retryPolicy.default ?? options.retries
}

/**
 * True when another attempt may end better.
 *
 * @param elsewhere true when it would be made at another upstream
 */
export function isWorthRetrying(
  { kind, status }: Failure,
  elsewhere: boolean,
  { retryPolicy }: ForwardOptions,
): boolean {
  if (kind === 'context_window' || kind === 'content_policy') return (retryPolicy[kind] ?? 0) > 0
  if (PASSING.has(kind) || status === 409) return true
  // Another server may have another key.
  if (kind === 'authentication' && elsewhere) return true
  return (retryPolicy[kind] ?? 0) > 0
}

/**
 * Milliseconds to wait before the attempt: none at another upstream, else what the server asks for or,
 * without that, twice as long each time, with some chance in it so that calls that failed together do
 * not come back together.
 *
 * @param count how often the call was sent again before
 */
export function pauseBefore(
  { retryAfterMs }: Failure,
  count: number,
  elsewhere: boolean,
  least: number,
  random: () => number = Math.random,
): number {
  if (elsewhere) return least
  const isAsked = retryAfterMs !== null && retryAfterMs <= LONGEST_RETRY_AFTER_MS
  const doubled = Math.min(FIRST_PAUSE_MS * 2 ** count, LONGEST_PAUSE_MS) + JITTER_MS * random()
  return Math.max(least, isAsked ? retryAfterMs : doubled)
}

/** @throws the signal's reason when it aborts before */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (ms <= 0) return
  try {
    await delay(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}
