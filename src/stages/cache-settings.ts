import type { Dialect } from '../plugin/index.ts'
import type { ReplyCache } from '../shared/index.ts'

/** Where answers are kept, and which. */
export interface CacheParts {
  readonly replies: ReplyCache
  /** Null: until there is no more room. Milliseconds. */
  readonly ttlMs: number | null
  /** For calls that name none. */
  readonly namespace: string | null
  /** `asked`: only calls that say so. */
  readonly mode: 'all' | 'asked'
  readonly dialects: readonly Dialect[]
  /** Larger answers are not kept. */
  readonly maxReplyBytes: number
}
