import type { IncomingHttpHeaders } from 'node:http'
import type { Context } from 'koa'
import { GatewayError } from '../errors/index.ts'
import type { Call, Change, JsonObject, TraceAttempt, UpstreamInfo } from '../plugin/index.ts'
import type { Identity, Scope } from '../ledger/index.ts'
import type { Claim, WeightVersion } from '../shared/index.ts'
import type { Seat } from '../upstream/index.ts'
import { timeOrderedId } from '../util/time-ordered-id.ts'
import { dialectOf } from '../wire/dialect.ts'
import { callerHeaders } from '../wire/headers.ts'
import type { CacheUse } from './cache-use.ts'
import type { CallState } from './call-state.ts'
import type { RequestBody } from './body.ts'
import type { LimitedBy } from './limit-errors.ts'
import { repeatableId } from './repeat.ts'

/** What the gateway keeps about one call while it is under way. Plugins see only its {@link Call}. */
export interface Exchange {
  readonly call: Call
  readonly body: RequestBody
  readonly requestHeaders: IncomingHttpHeaders
  /** Path with query, as it goes upstream. */
  readonly path: string
  readonly idempotencyKey: string | null
  /** False when the call named no session and belongs to `default`. */
  readonly scoped: boolean
  /** False for what is passed through without a trace, such as `GET /v1/models`. */
  readonly recorded: boolean
  changes: Change[]
  readonly attempts: TraceAttempt[]
  /** Warnings for the trace that are known before the reply is. */
  readonly notes: string[]
  /** The caller's parameters after the `params` hooks. */
  params: JsonObject
  /** The parameters and bytes of the attempt that was answered, or of the last one. */
  sentParams: JsonObject
  sentBytes: Buffer
  /** True once the store was asked to commit the intent: from here on the call has a trace. */
  declared: boolean
  /** Where the latest attempt was sent. */
  upstream: UpstreamInfo | null
  /** What the gateway knew of the weights when the latest attempt was sent. */
  weightVersion: WeightVersion | null
  /** The call's place at the upstream it was last given to. */
  seat: Seat | null
  readonly routing: Routing
  /** What the cache has to do with the call; null where nothing. */
  cache: CacheUse | null
  /** Who makes the call. */
  readonly identity: Identity
  /** Keys of this gateway that the request carries: they are for no upstream. */
  readonly ownKeys: readonly string[]
  /** Who pays for it and is limited by it, narrowest first; nobody until it is let in. */
  scopes: readonly Scope[]
  /** What was set aside for it; null where nothing is limited. */
  admission: Admission | null
  /** True once what it used was counted. */
  settled: boolean
  /** US dollars; null until it is known. */
  cost: number | null
  httpStatus: number | null
  contentType: string | null
  firstFrameMs: number | null
  /** Since when an ending is held until its trace is committed; null while none is. */
  heldSinceMs: number | null
  /** True once the call is counted. */
  metered: boolean
  /** Why the call ended badly; set once, before anything is torn down. */
  error: GatewayError | null
  /** Milliseconds since the call came in; does not follow clock changes. */
  elapsed(): number
  /** Ends the call early, for a reason. The first reason stays. */
  abort(error: GatewayError): void
}

/** That a call was let in, and what it counts against. */
export interface Admission {
  readonly claim: Extract<Claim, { readonly admitted: true }>
  readonly limited: readonly LimitedBy[]
}

/** How far the call has come on its way through upstreams and models. */
export interface Routing {
  /** The model that is asked, by the name its upstreams have here. */
  model: string
  /** What is said differently to a model that stands in for another. */
  params: JsonObject
  /** True where budgets are spent: no model may stand in that costs something. */
  isFree: boolean
  /** How often plugins had an attempt made anew. */
  again: number
  /** How often the call was sent again after a failure. */
  retries: number
  /** How often it might have been; null as long as nothing failed. */
  maxRetries: number | null
  /** How many models were asked in place of the first. */
  fallbacks: number
  /** How long the caller lets an upstream take to begin its answer, in milliseconds; null: as configured. */
  timeoutMs: number | null
}

/** Opens the exchange for a request whose slug and body were read. */
export function openExchange(ctx: Context & { state: CallState }, model: string): Exchange {
  const { route, body, requestId } = ctx.state
  const started = performance.now()
  const startedAt = Date.now()
  const controller = new AbortController()
  const dialect = dialectOf(route.pathname)
  const received = body.json ?? {}
  const idempotencyKey = keyOf(ctx)
  const call: Call = {
    id:
      idempotencyKey === null
        ? timeOrderedId(startedAt)
        : repeatableId(targetOf(ctx), route.sessions[0] ?? '', idempotencyKey),
    requestId,
    sessions: route.sessions,
    metadata: route.metadata,
    dialect,
    method: ctx.method,
    path: route.pathname,
    model,
    streaming: received['stream'] === true,
    received,
    headers: callerHeaders(ctx.req.headers),
    startedAt,
    signal: controller.signal,
  }
  const exchange: Exchange = {
    call,
    body,
    requestHeaders: ctx.req.headers,
    path: route.path,
    idempotencyKey,
    scoped: route.scoped,
    recorded: ctx.method !== 'GET' && ctx.method !== 'HEAD',
    changes: [],
    attempts: [],
    notes: [],
    contentType: null,
    params: received,
    sentParams: received,
    sentBytes: body.bytes,
    declared: false,
    upstream: null,
    weightVersion: null,
    seat: null,
    cache: null,
    routing: {
      model,
      params: {},
      isFree: false,
      again: 0,
      retries: 0,
      maxRetries: null,
      fallbacks: 0,
      timeoutMs: null,
    },
    identity: ctx.state.identity,
    ownKeys: ctx.state.ownKeys,
    scopes: [],
    admission: null,
    settled: false,
    cost: null,
    httpStatus: null,
    firstFrameMs: null,
    heldSinceMs: null,
    metered: false,
    error: null,
    elapsed: () => performance.now() - started,
    abort(error) {
      if (controller.signal.aborted) return
      exchange.error ??= error
      controller.abort(error)
      // Nothing comes from there any more, however long it takes to record what did.
      exchange.seat?.leave()
    },
  }
  return exchange
}

/** What makes calls with the same idempotency key repetitions: nobody gets another key's answer. */
function targetOf({ method, state }: Context & { state: CallState }): string {
  const { route, identity, modelInUrl } = state
  const path = `${route.pathname}${modelInUrl ? `?${encodeURIComponent(modelInUrl)}` : ''}`
  return identity.role === 'key' ? `${method} ${path} ${identity.key.token}` : `${method} ${path}`
}

function keyOf(ctx: Context): string | null {
  const key = ctx.get('idempotency-key')
  if (key === '') return null
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new GatewayError('bad_request', {
    param: 'idempotency-key',
    detail: 'an idempotency key has 1 to 255 printable ASCII characters',
  })
}
