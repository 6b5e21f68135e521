import type { ServerResponse } from 'node:http'
import { GatewayError } from '../errors/index.ts'

/**
 * The caller's end of a reply. Until it is opened, what is written waits, so that a failure can still
 * become a status code; a reply that ends unopened opens with its whole body and a known length.
 */
export interface Outlet {
  /** Resolves to the whole body, or to null for a stream; rejects when the reply failed before that. */
  readonly opened: Promise<Buffer | null>
  open(): void
  /** Gives a stream the response whose head is set; the head leaves at once. */
  attach(response: ServerResponse): void
  /** Resolves when the caller can take more. Rejects when it left, or stalled for too long. */
  write(bytes: Uint8Array): Promise<void> | undefined
  end(): void
  /** Before the head left: the error becomes the answer. After: last words, then the connection is cut. */
  fail(error: GatewayError, lastWords?: Uint8Array): void
}

const NO_BYTES = Buffer.alloc(0)

/** How long a caller whose answer broke may take no byte of what is left, in milliseconds. */
const LAST_WORDS_MS = 1_000

/**
 * `stallMs`: how long a caller may stop reading. A stream is written to the response itself: a second
 * stream in between, as Koa would pipe it, costs a fifth of the call.
 */
export function createOutlet(stallMs: number): Outlet {
  const opened = Promise.withResolvers<Buffer | null>()
  opened.promise.catch(() => {}) // The stage that awaits it may already have been told.
  const waiting: Uint8Array[] = []
  /** What is to happen to the response once it is there. */
  let ending: ((response: ServerResponse) => void) | undefined
  let isOpen = false
  let response: ServerResponse | undefined
  let drained: PromiseWithResolvers<void> | undefined

  function settle(error?: Error): void {
    if (error) drained?.reject(error)
    else drained?.resolve()
    drained = undefined
  }

  function untilDrained(): Promise<void> {
    drained ??= Promise.withResolvers()
    // Errors are made when they happen: most callers read on, and a stack costs more than a chunk.
    const stalled = setTimeout(() => settle(stalledFor(stallMs)), stallMs)
    return drained.promise.finally(() => clearTimeout(stalled))
  }

  function finishWith(finish: (response: ServerResponse) => void): void {
    if (response) finish(response)
    else ending = finish
  }

  return {
    opened: opened.promise,
    open() {
      isOpen = true
      opened.resolve(null)
    },
    attach(given) {
      response = given
      response.on('drain', () => settle())
      response.once('close', () => {
        if (drained) settle(new GatewayError('client_closed'))
      })
      // Not flushHeaders: it would send a head with bytes beyond ASCII as UTF-8, which it is not.
      response.write(NO_BYTES)
      for (const bytes of waiting.splice(0)) response.write(bytes)
      ending?.(response)
    },
    write(bytes) {
      if (!response) {
        waiting.push(bytes)
        return undefined
      }
      if (response.destroyed) return Promise.reject(new GatewayError('client_closed'))
      return response.write(bytes) ? undefined : untilDrained()
    },
    end() {
      if (isOpen) finishWith((open) => void open.end())
      else opened.resolve(waiting.length === 1 ? asBuffer(waiting[0]) : Buffer.concat(waiting))
    },
    fail(error, lastWords) {
      if (isOpen) finishWith((open) => cut(open, lastWords))
      else opened.reject(error)
    },
  }
}

function stalledFor(stallMs: number): GatewayError {
  return new GatewayError('client_stalled', { detail: `it read nothing for ${stallMs} ms` })
}

/** Cuts the connection once the last words are out, or when nobody takes them. */
function cut(response: ServerResponse, lastWords: Uint8Array | undefined): void {
  if (!lastWords || response.destroyed) return void response.destroy()
  const late = setTimeout(() => response.destroy(), LAST_WORDS_MS)
  response.once('close', () => clearTimeout(late))
  response.write(lastWords, () => response.destroy())
}

function asBuffer(bytes: Uint8Array | undefined): Buffer {
  if (!bytes) return Buffer.alloc(0)
  if (Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
