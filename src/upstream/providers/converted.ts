import { GatewayError } from '../../errors/index.ts'
import type { Reply } from '../../plugin/index.ts'
import { createSseSplitter, type SseEvent } from '../../wire/sse.ts'

/** Makes another body of a body, piece by piece; an empty text is nothing yet. */
export interface Converter {
  push(bytes: Uint8Array): string
  end(): string
  /** Why nothing can follow the text that was given last; null: something can. */
  failure?(): Error | null
}

/**
 * A body that is converted as it is read. It reads no further than its reader does, and ends and breaks
 * where the source does. Not a generator: one that was never read would not tell its source to stop.
 */
export function converted(
  body: Reply['body'],
  converter: Converter,
): AsyncIterableIterator<Uint8Array, undefined> {
  const source = body[Symbol.asyncIterator]()
  let isOver = false

  async function stop(thrown: unknown): Promise<never> {
    isOver = true
    await source.return?.()
    throw brokenBy(thrown)
  }

  async function give(convert: () => string): Promise<Uint8Array | null> {
    try {
      const text = convert()
      return text === '' ? null : Buffer.from(text)
    } catch (thrown) {
      return stop(thrown)
    }
  }

  return {
    async next() {
      const failure = converter.failure?.()
      if (failure) await stop(failure)
      while (!isOver) {
        const read = await source.next()
        if (read.done) isOver = true
        const bytes = await give(() => (read.done ? converter.end() : converter.push(read.value)))
        if (bytes !== null) return { value: bytes, done: false }
      }
      return { value: undefined, done: true }
    },
    async return() {
      isOver = true
      await source.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** What is nested deeper than the stack can be read but not written: the server's fault, not ours. */
function brokenBy(cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause
  return new GatewayError('upstream_protocol', { detail: 'it is nested too deeply', cause })
}

/**
 * Converts an event stream event by event. Before an event that cannot be converted everything that came
 * before it is handed out, or the point where a stream breaks would depend on how it was read.
 */
export function eventConverter(convert: (event: SseEvent) => string): Converter {
  // The upstream itself limits what comes in, and with it what one event can hold.
  const splitter = createSseSplitter({ maxEventBytes: Infinity })
  let failure: Error | null = null

  function joined(events: readonly SseEvent[]): string {
    let text = ''
    for (const event of events) {
      try {
        text += convert(event)
      } catch (thrown) {
        if (text === '') throw thrown
        failure = thrown as Error
        return text
      }
    }
    return text
  }

  return {
    push: (bytes) => joined(splitter.push(bytes)),
    end: () => joined(splitter.end()),
    failure: () => failure,
  }
}

/** Converts a body that is one text. An empty one stays empty. */
export function bodyConverter(convert: (text: string) => string): Converter {
  const parts: Uint8Array[] = []
  return {
    push(bytes) {
      parts.push(bytes)
      return ''
    },
    end() {
      const text = Buffer.concat(parts).toString('utf8')
      return text === '' ? '' : convert(text)
    },
  }
}

/** The content type decides what a reply is, whatever the call asked for. */
export function isEventStream({ headers }: Reply): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '')
}
