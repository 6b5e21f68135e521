export { sendAbortably } from './abortable.ts'
export { apiPlace } from './api-path.ts'
export { neverSent, upstreamFailure } from './failure.ts'
export {
  kindOfError,
  kindOfReply,
  retryAfterOf,
  type ByFailure,
  type Failure,
  type FailureKind,
} from './failure-kind.ts'
export { createHttpUpstream, type HttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts'
export {
  createLocalUpstream,
  type LocalCall,
  type LocalHandler,
  type LocalUpstreamOptions,
} from './local-upstream.ts'
export type { Joining } from './member.ts'
export { defaultBase, providerFor, withProvider } from './providers/index.ts'
export { DEFAULT_ROUTING, type RoutingOptions } from './routing-options.ts'
export type { Seat } from './seat.ts'
export type { StrategyName } from './strategies/index.ts'
export { PLAIN_TERMS, type Terms } from './terms.ts'
export {
  createUpstreamSet,
  type Placing,
  type UpstreamSet,
  type UpstreamSetOptions,
  type Wanted,
} from './upstream-set.ts'
export type { NewWorker, WorkerInfo, Workers } from './worker.ts'
