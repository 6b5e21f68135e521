import { Readable } from 'node:stream'
import { GatewayError } from '../errors/index.ts'

/**
 * The caller's end of a reply. Until it is opened, what is written waits, so that a failure can still
 * become a status code; a reply that ends unopened opens with its whole body and a known length.
 */
export interface Outlet {
  /** Resolves to the body when the head may leave; rejects when the reply failed before that. */
  readonly opened: Promise<Readable | Buffer>
  readonly isOpen: boolean
  open(): void
  /** Resolves when the caller can take more. Rejects when it left, or stalled for too long. */
  write(bytes: Uint8Array): Promise<void> | undefined
  end(): void
  /** Before the head left: the error becomes the answer. After: last words, then the connection is cut. */
  fail(error: GatewayError, lastWords?: Uint8Array): void
}

/** `stallMs`: how long a caller may stop reading. */
export function createOutlet(stallMs: number): Outlet {
  const waiting: Uint8Array[] = []
  const opened = Promise.withResolvers<Readable | Buffer>()
  opened.promise.catch(() => {}) // The stage that awaits it may already have been told.
  let stream: Readable | undefined
  let settled = false
  let drained: PromiseWithResolvers<void> | undefined

  function open(): Readable {
    if (stream) return stream
    stream = new Readable({
      read: () => {
        drained?.resolve()
        drained = undefined
      },
      destroy(error, done) {
        drained?.reject(error ?? new GatewayError('client_closed'))
        drained = undefined
        done(error)
      },
    })
    settled = true
    opened.resolve(stream)
    for (const bytes of waiting) stream.push(bytes)
    return stream
  }

  function untilDrained(): Promise<void> {
    drained ??= Promise.withResolvers()
    const { promise, reject } = drained
    const stalled = setTimeout(
      () =>
        reject(new GatewayError('client_stalled', { detail: `it read nothing for ${stallMs} ms` })),
      stallMs,
    )
    return promise.finally(() => clearTimeout(stalled))
  }

  return {
    opened: opened.promise,
    get isOpen() {
      return stream !== undefined
    },
    open,
    write(bytes) {
      if (!stream) {
        waiting.push(bytes)
        return undefined
      }
      if (stream.destroyed) return Promise.reject(new GatewayError('client_closed'))
      return stream.push(bytes) ? undefined : untilDrained()
    },
    end() {
      if (stream) stream.push(null)
      else if (!settled) {
        settled = true
        const only = waiting[0]
        opened.resolve(waiting.length === 1 && only ? asBuffer(only) : Buffer.concat(waiting))
      }
    },
    fail(error, lastWords) {
      if (!stream) {
        settled = true
        opened.reject(error)
        return
      }
      if (stream.destroyed) return
      if (lastWords) stream.push(lastWords)
      // Destroying at once would drop the last words still in the pipe's buffer: the response is cut
      // by the stage that owns it as soon as this stream has been read.
      const cut = stream
      if (cut.readableLength === 0) cut.destroy(error)
      else afterRead(cut, () => cut.destroy(error))
    },
  }
}

function afterRead(stream: Readable, then: () => void): void {
  const onData = (): void => {
    if (stream.readableLength > 0) return
    stream.off('data', onData)
    setImmediate(then)
  }
  stream.on('data', onData)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
