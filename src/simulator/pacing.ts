import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, Generation } from './engine.ts'

export interface Pace {
  readonly ttftMs: number
  /** 0 is as fast as possible. */
  readonly tokensPerSecond: number
}

/**
 * Waits until a number of tokens of a choice is due and the engine runs; ends early when the
 * generation is stopped. Undefined where there is nothing to wait for, so that full speed costs
 * no turn of the event loop.
 */
export const untilDue = (
  engine: Engine,
  generation: Generation,
  pace: Pace,
  tokens: number,
): Promise<void> | undefined => {
  if (generation.signal.aborted) return undefined
  const { ttftMs, tokensPerSecond } = pace
  const afterFirst = tokensPerSecond === 0 ? 0 : (Math.max(tokens - 1, 0) * 1000) / tokensPerSecond
  const delay = generation.startedAt + ttftMs + afterFirst - performance.now()
  if (delay <= 0 && engine.whenRunning() === undefined) return undefined
  return waitFor(engine, generation.signal, delay)
}

const waitFor = async (engine: Engine, signal: AbortSignal, delay: number): Promise<void> => {
  // A stop rejects the sleep; what it means for the reply is the caller's business.
  if (delay > 0) await sleep(delay, undefined, { signal }).catch(() => undefined)
  const running = engine.whenRunning()
  if (running === undefined || signal.aborted) return
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const onStop = (): void => stop()
  signal.addEventListener('abort', onStop, { once: true })
  await Promise.race([running, stopped])
  signal.removeEventListener('abort', onStop)
}

/** How many tokens of a choice are due by now. */
export const tokensDue = (generation: Generation, { ttftMs, tokensPerSecond }: Pace): number => {
  const elapsed = performance.now() - generation.startedAt - ttftMs
  return elapsed < 0 ? 0 : 1 + Math.floor((elapsed * tokensPerSecond) / 1000)
}
