export { sendAbortably } from './abortable.ts'
export { apiPlace } from './api-path.ts'
export { neverSent, upstreamFailure } from './failure.ts'
export { createHttpUpstream, type HttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts'
export {
  createLocalUpstream,
  type LocalCall,
  type LocalHandler,
  type LocalUpstreamOptions,
} from './local-upstream.ts'
export type { Joining } from './member.ts'
export { defaultBase, providerFor, withProvider } from './providers/index.ts'
export { createUpstreamSet, type UpstreamSet, type UpstreamSetOptions } from './upstream-set.ts'
export type { NewWorker, WorkerInfo, Workers } from './worker.ts'
