export { sendAbortably } from './abortable.ts'
export { neverSent, upstreamFailure } from './failure.ts'
export { createHttpUpstream, type HttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts'
export { createUpstreamSet, type UnknownUpstream, type UpstreamSet } from './upstream-set.ts'
