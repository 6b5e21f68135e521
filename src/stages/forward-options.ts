import type { ByFailure } from '../upstream/index.ts'

/** Which models are asked, in turn, in place of each; `*` stands for every model. */
export type Fallbacks = ReadonlyMap<string, readonly string[]>

/** What is done about a failed attempt. Times are milliseconds. */
export interface ForwardOptions {
  /** How often a call is sent again that failed before its answer began. */
  readonly retries: number
  /** The least wait before it is. */
  readonly retryAfterMs: number
  readonly retryPolicy: ByFailure
  readonly fallbacks: Fallbacks
  readonly contextWindowFallbacks: Fallbacks
  readonly contentPolicyFallbacks: Fallbacks
  /** For models that have none of their own. */
  readonly defaultFallbacks: readonly string[]
  /** How many are asked for one call. */
  readonly maxFallbacks: number
  /** Other names of models. */
  readonly aliases: ReadonlyMap<string, string>
  /** Those of them that lists of models leave out. */
  readonly hiddenAliases: ReadonlySet<string>
  /** A call's tags decide which upstreams may answer it. */
  readonly choosesByTags: boolean
  /**
   * Reads and takes out the fields and headers by which callers steer LiteLLM, and answers with its
   * headers. Without it, all that a caller says is for the upstream.
   */
  readonly litellm: boolean
}
