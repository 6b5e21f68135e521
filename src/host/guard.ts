import { GatewayError } from '../errors/index.ts'
import type { HookName } from '../plugin/index.ts'
import type { HookCounters, Seat } from './seat.ts'

/**
 * Runs one hook of one plugin under its deadline and puts the plugin's name on whatever goes wrong.
 * A GatewayError thrown by the plugin is a decision and passes with its own code and status; anything
 * else is a failure: `hook_failed`, or `hook_timeout` when the deadline passed (its late result is
 * ignored). A synchronous hook costs no promise.
 */
export function guard<T>(
  seat: Seat,
  hook: HookName,
  timeoutMs: number | undefined,
  run: () => T | Promise<T>,
): T | Promise<T> {
  const counters = countersOf(seat, hook)
  counters.calls += 1
  const started = performance.now()
  let result: T | Promise<T>
  try {
    result = run()
  } catch (thrown) {
    throw blame(seat, hook, thrown, counters)
  }
  if (!isPromise(result)) {
    counters.totalMs += performance.now() - started
    return result
  }
  return awaited(seat, hook, timeoutMs ?? 0, result, started)
}

async function awaited<T>(
  seat: Seat,
  hook: HookName,
  timeoutMs: number,
  result: Promise<T>,
  started: number,
): Promise<T> {
  const counters = countersOf(seat, hook)
  try {
    return await withDeadline(result, timeoutMs, () => {
      counters.timeouts += 1
      return new GatewayError('hook_timeout', {
        detail: `${seat.name}.${hook} did not finish within ${timeoutMs} ms`,
        owner: `plugin:${seat.name}.${hook}`,
      })
    })
  } catch (thrown) {
    throw blame(seat, hook, thrown, counters)
  } finally {
    counters.totalMs += performance.now() - started
  }
}

/** A failure with an owner, so that no log line or error is anonymous. */
export function blame(
  seat: Seat,
  hook: HookName,
  thrown: unknown,
  counters = countersOf(seat, hook),
): GatewayError {
  counters.failures += 1
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError('hook_failed', {
    detail: `${seat.name}.${hook}`,
    owner: `plugin:${seat.name}.${hook}`,
    cause: thrown,
  })
}

/** True when the plugin decided to end the call, false when it broke. */
export function isDecision(error: GatewayError): boolean {
  return error.code !== 'hook_failed' && error.code !== 'hook_timeout'
}

/** The counters of one hook of one plugin, made on first use. */
export function countersOf(seat: Seat, hook: HookName): HookCounters {
  let counters = seat.counters.get(hook)
  if (!counters) {
    counters = { calls: 0, failures: 0, timeouts: 0, skipped: 0, totalMs: 0 }
    seat.counters.set(hook, counters)
  }
  return counters
}

/** Rejects with `late()` when the promise takes longer; the promise itself goes on, unheard. */
export function withDeadline<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    Promise.resolve(promise).then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error as Error)
      },
    )
  })
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}
