import type { Call, FullTrace } from '../plugin/index.ts'
import type { Logger } from '../util/log.ts'

/** Bytes of replies that are kept in memory for a store that cannot take them. */
const MAX_BYTES = 64 * 1024 * 1024
/** What a trace costs beside its bytes. */
const OVERHEAD = 4096
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

/**
 * Traces of calls that ended while the store could not take them. Their callers were told; the record
 * of what happened is saved when the store is back, instead of staying `pending`.
 */
export interface LateSaves {
  add(trace: FullTrace, call: Call): void
  /** Tries once more. What is left then is found as `interrupted` at the next start. */
  close(): Promise<void>
}

interface Late {
  readonly trace: FullTrace
  readonly call: Call
  readonly size: number
}

/** `save` is asked again and again, one trace at a time, at growing intervals while it fails. */
export function createLateSaves(
  save: (trace: FullTrace, call: Call) => Promise<void>,
  log: Logger,
): LateSaves {
  const waiting: Late[] = []
  let held = 0
  let waitMs = FIRST_WAIT_MS
  let timer: NodeJS.Timeout | undefined
  let trying: Promise<void> | undefined

  async function tryAll(): Promise<void> {
    for (let late = waiting[0]; late; late = waiting[0]) {
      try {
        await save(late.trace, late.call)
      } catch {
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
        return
      }
      waiting.shift()
      held -= late.size
      waitMs = FIRST_WAIT_MS
    }
  }

  function schedule(): void {
    if (timer || waiting.length === 0) return
    timer = setTimeout(() => {
      trying = tryAll().finally(() => {
        timer = undefined
        trying = undefined
        schedule()
      })
    }, waitMs)
  }

  return {
    add(trace, call) {
      const size = trace.wire.received.length + trace.wire.response.length + OVERHEAD
      if (held + size > MAX_BYTES) {
        log.error({ trace_id: call.id }, 'too much waits for the store; this trace is given up')
        return
      }
      held += size
      waiting.push({ trace: relabelled(trace), call, size })
      schedule()
    },
    async close() {
      clearTimeout(timer)
      await trying
      clearTimeout(timer)
      await tryAll()
      if (waiting.length > 0) log.error({ traces: waiting.length }, 'traces could not be saved')
    },
  }
}

/** A reply whose ending was withheld is not complete, however it came in. */
function relabelled(trace: FullTrace): FullTrace {
  if (trace.status !== 'complete') return trace
  const warnings = [...trace.warnings, 'ending_withheld']
  return { ...trace, status: 'partial', reason: 'capture_unavailable', warnings }
}
