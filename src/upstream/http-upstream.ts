import { Pool } from 'undici'
import { GatewayError } from '../errors/index.ts'
import type { Headers, Upstream, UpstreamKind } from '../plugin/index.ts'
import { apiPlace, pathAt } from './api-path.ts'
import { withoutNullFormat } from './embeddings-body.ts'
import { exchangeOver } from './http-exchange.ts'
import { inflated } from './inflate.ts'

export interface HttpUpstreamOptions {
  /** Unique among the upstreams; rLLM's `worker_id`. */
  readonly id: string
  readonly name: string
  /** Base URL; a trailing API path is taken off. */
  readonly url: string
  /** What stands in place of `/v1` on the server. */
  readonly apiPath: string
  /** Its share of the sessions next to those of the others. */
  readonly weight: number
  readonly kind: UpstreamKind
  readonly models: readonly string[] | null
  readonly simulated: boolean
  /** Sent to this upstream only, after routing. */
  readonly headers: Headers
  readonly passAuthorization: boolean
  readonly connections: number
  readonly connectMs: number
  readonly headersMs: number
  readonly idleMs: number
  readonly maxResponseBytes: number
}

/** An upstream reached over HTTP/1.1 with its own pool of sockets. */
export interface HttpUpstream extends Upstream {
  readonly id: string
  /** Begins with a slash; `/` when nothing stands in place of `/v1`. */
  readonly apiPath: string
  readonly weight: number
  readonly passAuthorization: boolean
  /** Resolves once it was retired or closed and has no calls and no sockets left. Never rejects. */
  readonly drained: Promise<void>
  /** Says what the server turned out to be. */
  identify(kind: UpstreamKind): void
  /** Says whether it should be given calls. */
  mark(healthy: boolean): void
  weigh(weight: number): void
  /** Lets its calls finish and then closes its sockets. */
  retire(): void
  /** Cuts its calls. */
  close(): Promise<void>
}

export function createHttpUpstream(options: HttpUpstreamOptions): HttpUpstream {
  const place = apiPlace(options.url, options.apiPath)
  const drained = Promise.withResolvers<void>()
  let { kind, weight } = options
  let healthy = true
  let inFlight = 0
  let state: 'open' | 'retired' | 'closed' = 'open'
  let pool: Pool | undefined

  const leave = (): void => {
    inFlight -= 1
    if (state === 'retired' && inFlight === 0) void empty()
  }
  async function empty(): Promise<void> {
    const last = pool
    pool = undefined
    await last?.close().catch(() => {}) // Somebody closes it already.
    drained.resolve()
  }

  return {
    id: options.id,
    name: options.name,
    url: place.origin + place.prefix,
    apiPath: place.api === '' ? '/' : place.api,
    simulated: options.simulated,
    models: options.models,
    passAuthorization: options.passAuthorization,
    drained: drained.promise,
    get kind() {
      return kind
    },
    get healthy() {
      return healthy
    },
    get weight() {
      return weight
    },
    get inFlight() {
      return inFlight
    },
    identify: (found) => void (kind = found),
    mark: (found) => void (healthy = found),
    weigh: (given) => void (weight = given),
    async send(outgoing, signal) {
      if (state === 'closed') throw new GatewayError('shutting_down')
      inFlight += 1
      const done = once(leave)
      try {
        // A call that was routed here before it retired gets a pool again, for as long as it lasts.
        pool ??= openPool(place.origin, options)
        const request = { ...withoutNullFormat(outgoing), path: pathAt(place, outgoing.path) }
        const reply = await exchangeOver(pool, options, request, signal, done)
        return inflated(reply, options.maxResponseBytes)
      } catch (thrown) {
        done()
        throw thrown
      }
    },
    retire() {
      if (state !== 'open') return
      state = 'retired'
      if (inFlight === 0) void empty()
    },
    async close() {
      state = 'closed'
      const last = pool
      pool = undefined
      await last?.destroy()
      drained.resolve()
    },
  }
}

function openPool(origin: string, options: HttpUpstreamOptions): Pool {
  return new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectMs },
    headersTimeout: options.headersMs,
    bodyTimeout: options.idleMs,
    // Below the five seconds after which uvicorn closes an idle socket, so that a call is not sent
    // into a connection that is just being closed.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: 65_536,
  })
}

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (!ran) run()
    ran = true
  }
}
