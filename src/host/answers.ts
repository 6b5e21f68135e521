import { isObject, type Chunk, type FullTrace } from '../plugin/index.ts'

/**
 * What hooks may answer. Anything else is a failure of the plugin as if it had thrown: each of these
 * throws a TypeError that says what was expected.
 */

type Patch = Readonly<Record<string, string | null>>

export function assertParams(answer: unknown): void {
  if (isNothing(answer) || isObject(answer)) return
  throw new TypeError('it must return params, which are an object, or nothing')
}

export function assertUpstream(answer: unknown): void {
  if (isNothing(answer)) return
  if (isObject(answer) && typeof answer['send'] === 'function') return
  throw new TypeError('it must return one of the candidates, an object that can `send`, or nothing')
}

/** A record with parts missing would be saved in place of the one there was. */
export function assertTrace(answer: unknown, before: FullTrace): void {
  if (isNothing(answer)) return
  const { trace_id, wire } = answer as FullTrace
  const isWhole = Object.keys(before).every((key) => Object.hasOwn(answer as FullTrace, key))
  if (isWhole && trace_id === before.trace_id && wire === before.wire) return
  throw new TypeError('it must return the whole trace, such as `{ ...trace, cost }`, or nothing')
}

export function assertTap(answer: unknown): void {
  assertNow(answer)
  if (isNothing(answer) || isObject(answer)) return
  throw new TypeError('it must return a tap, which is an object, or nothing')
}

export function assertChunk(answer: unknown, given: Chunk): asserts answer is Chunk {
  assertNow(answer)
  const isOurs = isObject(answer) && Object.getPrototypeOf(answer) === Object.getPrototypeOf(given)
  if (!isOurs) {
    throw new TypeError('it must return what chunk.omit() or chunk.replace() gave, null or nothing')
  }
}

/** Header text that could end the header, or that only the gateway may set, is a plugin's bug. */
export function assertHeaders(answer: unknown): asserts answer is Patch | null | undefined {
  assertNow(answer)
  if (isNothing(answer)) return
  if (!isObject(answer)) throw new TypeError('it must return an object of headers, or nothing')
  for (const [name, value] of Object.entries(answer)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) {
      throw new TypeError(`"${name}" is no header name`)
    }
    if (/^(content-length|transfer-encoding|connection|x-trace-)/i.test(name)) {
      throw new TypeError(`the header ${name} is set by the gateway`)
    }
    if (value === null) continue
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new TypeError(`the header ${name} must be text without control characters, or null`)
    }
  }
}

/** A promise where nobody waits. It is heard out, or its rejection would end the process. */
export function assertNow(answer: unknown): void {
  if (isNothing(answer) || typeof answer !== 'object' || !('then' in answer)) return
  Promise.resolve(answer).catch(() => {})
  throw new TypeError('it must be synchronous')
}

function isNothing(answer: unknown): answer is null | undefined {
  return answer === undefined || answer === null
}
