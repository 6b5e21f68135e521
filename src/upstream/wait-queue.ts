import { GatewayError } from '../errors/index.ts'
import type { WaitOptions } from './routing-options.ts'

/** Finds a place, or says in how many milliseconds it is worth another look. */
export type Look<T> = () => { readonly found: T } | { readonly afterMs: number; busy: GatewayError }

/** Calls for which no upstream has room. */
export interface WaitQueue {
  /**
   * The place that `look` finds, at once or as soon as there is one. Those that wait for the same thing
   * get it in the order they came, and nobody overtakes them.
   *
   * @throws {GatewayError} `upstreams_busy` when the queue is full or the wait takes too long; the
   * signal's reason when it aborts before
   */
  enter<T>(key: string, look: Look<T>, signal: AbortSignal): Promise<T>
  /** There may be room again. */
  wake(): void
}

interface Waiter {
  readonly key: string
  /** True when it is served or cannot be; else in how many milliseconds to look again. */
  look(): true | number
}

/** No timer of Node's is longer. */
const LONGEST_MS = 2_147_483_647

export function createWaitQueue({ max, timeoutMs }: WaitOptions): WaitQueue {
  const waiters = new Set<Waiter>()
  let timer: NodeJS.Timeout | undefined

  function wake(): void {
    clearTimeout(timer)
    let next = Infinity
    const blocked = new Map<string, number>()
    for (const waiter of waiters) {
      const before = blocked.get(waiter.key)
      const answer = before ?? waiter.look()
      if (answer === true) continue
      blocked.set(waiter.key, answer)
      next = Math.min(next, answer)
    }
    if (next < LONGEST_MS) timer = setTimeout(wake, Math.max(1, Math.ceil(next)))
  }

  function wait<T>(key: string, look: Look<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      let busy = new GatewayError('upstreams_busy')
      const leave = (): void => {
        waiters.delete(waiter)
        clearTimeout(deadline)
        signal.removeEventListener('abort', abort)
        if (waiters.size === 0) clearTimeout(timer)
      }
      const abort = (): void => {
        leave()
        reject(signal.reason)
      }
      const waiter: Waiter = {
        key,
        look() {
          try {
            const answer = look()
            if (!('found' in answer)) {
              busy = answer.busy
              return answer.afterMs
            }
            resolve(answer.found)
          } catch (thrown) {
            reject(thrown) // Such as the last upstream having left.
          }
          leave()
          return true
        },
      }
      const deadline = setTimeout(() => {
        leave()
        reject(busy)
      }, timeoutMs)
      signal.addEventListener('abort', abort, { once: true })
      waiters.add(waiter)
      wake()
    })
  }

  return {
    wake,
    async enter(key, look, signal) {
      signal.throwIfAborted()
      const isBehind = waiters.size > 0 && [...waiters].some((waiter) => waiter.key === key)
      if (!isBehind) {
        const answer = look()
        if ('found' in answer) return answer.found
        if (waiters.size >= max) throw answer.busy
      }
      if (waiters.size >= max) {
        throw new GatewayError('upstreams_busy', { detail: `${max} calls wait already` })
      }
      return wait(key, look, signal)
    },
  }
}
