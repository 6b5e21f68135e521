import { GatewayError } from '../errors/index.ts'
import type { Exchange } from './exchange.ts'

/** The calls under way and the work they leave behind, so that a shutdown can wait for both. */
export interface CallRegister {
  readonly inFlight: number
  /** True once the gateway takes no more calls. */
  readonly draining: boolean
  /** @throws {GatewayError} `shutting_down` once the gateway is draining */
  add(exchange: Exchange): void
  remove(exchange: Exchange): void
  /** Work that goes on after its call's answer, such as exporters. It must not reject. */
  background(work: Promise<unknown>): void
  /**
   * Resolves when nothing is left; after `ms` the calls still under way are cut. Callers that do not
   * read what they are told then are left to `sever`, which ends their connections; work that does not
   * even end then, such as an upstream of a plugin that hangs, is not waited for.
   */
  drain(ms: number, sever: () => void): Promise<void>
}

/** How long a call that was cut has for its last words, in milliseconds. */
const LAST_WORDS_MS = 1_000

export function createCallRegister(): CallRegister {
  const calls = new Set<Exchange>()
  const work = new Set<Promise<unknown>>()
  let idle: (() => void) | undefined
  const settle = (): void => {
    if (calls.size === 0 && work.size === 0) idle?.()
  }

  return {
    get inFlight() {
      return calls.size
    },
    get draining() {
      return idle !== undefined
    },
    add(exchange) {
      if (idle) throw new GatewayError('shutting_down', { headers: { connection: 'close' } })
      calls.add(exchange)
    },
    remove(exchange) {
      calls.delete(exchange)
      settle()
    },
    background(promise) {
      work.add(promise)
      void promise.finally(() => {
        work.delete(promise)
        settle()
      })
    },
    async drain(ms, sever) {
      const { promise: empty, resolve: giveUp } = Promise.withResolvers<void>()
      idle = giveUp
      settle()
      let timer = setTimeout(() => {
        for (const call of calls) call.abort(new GatewayError('shutting_down'))
        timer = setTimeout(() => {
          sever()
          timer = setTimeout(giveUp, LAST_WORDS_MS)
        }, LAST_WORDS_MS)
      }, ms)
      await empty
      clearTimeout(timer)
    },
  }
}
