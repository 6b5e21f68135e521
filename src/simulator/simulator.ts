import { createServer } from 'node:http'
import { answer } from './answer.ts'
import { Engine, type Counters } from './engine.ts'
import { resolveOptions, type SimulatorOptions } from './options.ts'
import { PrefixCache } from './prefix-cache.ts'
import { Recorder, type RecordedRequest } from './recorder.ts'

/** A stand-in for a vLLM server: the same wire, made-up replies. */
export interface Simulator {
  /** Starts to listen; port 0, the default, takes a free one. The url has no path. */
  listen(port?: number, host?: string): Promise<{ readonly url: string; readonly port: number }>
  /** Ends every connection, then stops. */
  close(): Promise<void>
  /** The latest requests, oldest first. */
  readonly requests: readonly RecordedRequest[]
  readonly counters: Counters
  /** Calls back when a request has arrived in full; the answer ends that. */
  onRequest(listener: (request: RecordedRequest) => void): () => void
  /** The first request, past or future, that matches. */
  waitForRequest(matches?: (request: RecordedRequest) => boolean): Promise<RecordedRequest>
  /** The first matching request whose client left before its answer was complete. */
  waitForAbort(matches?: (request: RecordedRequest) => boolean): Promise<RecordedRequest>
  /** The first matching request whose answer is over, whichever way. */
  waitForClose(matches?: (request: RecordedRequest) => boolean): Promise<RecordedRequest>
}

const all = (): boolean => true

/**
 * Makes a simulator. Its replies are marked: `system_fingerprint` starts with `sluice-simulator`,
 * and so does the `server` header.
 */
export const createSimulator = (options: SimulatorOptions = {}): Simulator => {
  const settings = resolveOptions(options)
  const recorder = new Recorder()
  const shared = { settings, recorder, engine: new Engine(), cache: new PrefixCache() }
  let count = 0
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(shared, request, response, count++)
  })
  return {
    listen: (port = 0, host = '127.0.0.1') => {
      const { promise, resolve, reject } = Promise.withResolvers<{ url: string; port: number }>()
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        const address = server.address()
        const bound = typeof address === 'object' && address !== null ? address.port : port
        const name = host.includes(':') ? `[${host}]` : host
        resolve({ url: `http://${name}:${bound}`, port: bound })
      })
      return promise
    },
    close: async () => {
      if (!server.listening) return
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
    get requests() {
      return recorder.requests
    },
    get counters() {
      return shared.engine.counters
    },
    onRequest: (listener) => recorder.listen(listener),
    waitForRequest: (matches = all) => recorder.waitFor(matches),
    waitForAbort: (matches = all) =>
      recorder.waitFor((request) => request.aborted && matches(request)),
    waitForClose: (matches = all) =>
      recorder.waitFor((request) => request.closed && matches(request)),
  }
}
