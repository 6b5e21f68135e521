import type { Logger } from '../util/log.ts'

/** Things to close, in the reverse of the order they were opened. */
export interface Closing {
  add(close: () => Promise<unknown> | void): void
  /** Closes everything once, however often it is asked. Never rejects. */
  run(): Promise<void>
}

export function createClosing(log: Logger): Closing {
  const closers: (() => Promise<unknown> | void)[] = []
  let running: Promise<void> | undefined

  async function closeEach(): Promise<void> {
    for (const close of closers.splice(0).toReversed()) {
      // What cannot be closed must not keep the store, which comes last, from being closed.
      try {
        await close()
      } catch (error) {
        log.error({ err: error }, 'closing failed')
      }
    }
  }

  return {
    add: (close) => void closers.push(close),
    run: () => (running ??= closeEach()),
  }
}
