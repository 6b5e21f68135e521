/** An answer as its upstream sent it, to be given again. */
export interface CachedReply {
  /** Milliseconds since the epoch. */
  readonly storedAt: number
  readonly status: number
  readonly contentType: string | null
  /** The body; of a stream all of it. */
  readonly body: Uint8Array
  /** The upstream that gave it, for the trace. */
  readonly upstream: {
    readonly name: string
    readonly kind: string
    readonly url: string
    readonly simulated: boolean
  }
  /** Digest of what it was asked beyond the caller's words; whoever is asked otherwise answers otherwise. */
  readonly asked: string
  /** What it cost then, in US dollars; null when nobody knew. */
  readonly cost: number | null
}

/** What is known of a cache that was asked how it is. */
export interface CachePing {
  readonly healthy: boolean
  /** Why not. */
  readonly error: string | null
}

/** Where answers are kept. A cache that fails has nothing and keeps nothing: it never fails a call. */
export interface ReplyCache {
  readonly kind: 'memory' | 'redis'
  /** Null when there is none, or it cannot be had. */
  get(key: string): Promise<CachedReply | null>
  /** @param ttlMs null keeps it as long as there is room */
  set(key: string, reply: CachedReply, ttlMs: number | null): Promise<void>
  /** Resolves to how many there were. @throws {GatewayError} `shared_state_unavailable` */
  delete(keys: readonly string[]): Promise<number>
  /** Forgets everything of this cache, and nothing else. @throws {GatewayError} `shared_state_unavailable` */
  flush(): Promise<void>
  ping(): Promise<CachePing>
  /**
   * What the server in which it is says of itself, by names of its own; null where there is none.
   *
   * @throws {GatewayError} `shared_state_unavailable`
   */
  serverInfo(): Promise<Readonly<Record<string, string>> | null>
}
