import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError, isObject, type FullTrace, type Log, type TraceSink } from 'sluice/plugin'

/** How long a busy store is asked again. Times are milliseconds. */
export interface Patience {
  readonly attempts: number
  readonly backoffMs: number
  readonly deadlineMs: number
}

/**
 * Makes the function that saves a trace. A store that is busy is asked again, after a wait of random
 * length that doubles, so that calls that failed together do not come back together. Any other
 * failure is final at once: the disk will not be less full for asking.
 */
export function createSaver(
  traces: TraceSink,
  patience: Patience,
  log: Log,
  signal: AbortSignal,
): (trace: FullTrace) => Promise<void> {
  return async (trace) => {
    const started = performance.now()
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await traces.save(trace)
      } catch (error) {
        const pause = Math.random() * patience.backoffMs * 2 ** (attempt - 1)
        const late = performance.now() - started + pause > patience.deadlineMs
        if (!isBusy(error) || attempt >= patience.attempts || late || signal.aborted) throw error
        log.warn(
          { trace: trace.trace_id, attempt, err: error },
          'the trace store is busy; trying again',
        )
        await unlessAborted(wait(pause, undefined, { signal }))
      }
    }
  }
}

/** SQLite's result codes for a database that another connection holds; extended codes end in them. */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

function isBusy(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false
  if (error.code === 'overloaded') return true
  if (error.code !== 'capture_unavailable' || !isObject(error.cause)) return false
  const { errcode, message } = error.cause
  if (typeof errcode === 'number') return [SQLITE_BUSY, SQLITE_LOCKED].includes(errcode & 0xff)
  return typeof message === 'string' && /\b(?:busy|locked)\b/i.test(message)
}

/** At shutdown the wait is cut short and the store is asked one last time. */
async function unlessAborted(waiting: Promise<unknown>): Promise<void> {
  try {
    await waiting
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
  }
}
