import type { Identity } from '../ledger/index.ts'
import type { Exchange } from './exchange.ts'
import type { RouteOfCall } from './route-of.ts'
import type { RequestBody } from './body.ts'

/** What the stages of a call hand to the stages after them, as Koa's `ctx.state`. */
export interface CallState {
  /** The caller's `x-request-id`, or one made here. */
  requestId: string
  route: RouteOfCall
  /** The model that the path named before it became `route`; it comes before that of the body. */
  modelInUrl?: string
  body: RequestBody
  /** Who makes the call. */
  identity: Identity
  /** Every key of this gateway that the request carries, as its headers say them. */
  ownKeys: readonly string[]
  /** The call itself; absent until all of its request was read. */
  exchange?: Exchange
}
