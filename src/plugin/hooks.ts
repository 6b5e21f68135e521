import type { GatewayError } from '../errors/index.ts'
import type { Attempt, Call, Headers, Refusal } from './call.ts'
import type { Json, JsonObject } from './json.ts'
import type { Tap, Upstream } from './reply.ts'
import type { FullTrace, Trace } from './trace.ts'

export type Awaitable<T> = T | Promise<T>

/** Every hook is optional, receives read-only values, and changes things only by returning. */
export interface Hooks {
  /**
   * Once per call, in order, before an upstream is chosen. Return new params to change what is sent.
   * Throw a GatewayError to refuse the call. Anything else thrown ends the call with `hook_failed`.
   */
  params?(params: JsonObject, call: Call): Awaitable<JsonObject | void>
  /**
   * Once per call, in order; the first answer wins. Return a candidate or any object that can `send`.
   * A failure is noted and the next plugin, then the gateway's own choice, decides.
   */
  upstream?(candidates: readonly Upstream[], call: Call): Awaitable<Upstream | void>
  /**
   * Once per attempt, in order, after its upstream was chosen. Return new params to suit that
   * upstream. A failure ends the call.
   */
  attempt?(params: JsonObject, call: Call, attempt: Attempt): Awaitable<JsonObject | void>
  /** Once per call, in order, before its first byte leaves. Awaited: the place to commit an intent. */
  intent?(intent: Intent, call: Call): Awaitable<void>
  /**
   * When the upstream answers with an error status, in order; the first answer wins. Return `'again'`
   * to have the attempt made anew (`attempt` hooks run again). At most twice per call.
   */
  refused?(refusal: Refusal, call: Call, attempt: Attempt): Awaitable<'again' | void>
  /**
   * Reverse order, synchronous. Return a patch of the reply's headers, which the next plugin sees
   * patched; `null` removes one.
   */
  headers?(headers: Headers, call: Call): Readonly<Record<string, string | null>> | void
  /**
   * Reverse order. Return a tap to take part in this reply, nothing to stay out of it. A tap that
   * throws is taken off this call and named in the trace's warnings.
   */
  stream?(call: Call, attempt: Attempt): Tap | void
  /**
   * Reverse order, when the reply is in, or its finish is and the rest is late; then again with the
   * rest. Return a new trace to add to the record.
   */
  trace?(trace: FullTrace, call: Call): Awaitable<FullTrace | void>
  /**
   * In order, awaited before the reply's ending is released. A failure withholds the ending; the trace
   * is then offered again later. A trace of which more came in is saved again: make it replace.
   */
  save?(trace: FullTrace, call: Call): Awaitable<void>
  /** In parallel, after the trace is saved. For exporters; nothing waits for it but shutdown. */
  saved?(trace: Trace, call: Call): Awaitable<void>
  /** Reverse order. Return another error to reword it. */
  error?(error: GatewayError, call: Call): Awaitable<GatewayError | void>
  /** Once, when the gateway is listening. */
  ready?(): Awaitable<void>
  /** Once, at shutdown, even if a later plugin failed to start. */
  close?(): Awaitable<void>
}

export type HookName = keyof Hooks

/** What is known before a call is sent; enough to see later that money may have been spent. */
export interface Intent {
  readonly trace_id: string
  readonly session_ids: readonly string[]
  readonly timestamp: number
  readonly model: string
  readonly dialect: Call['dialect']
  readonly streaming: boolean
  readonly metadata: JsonObject
  readonly request_id: string
  readonly idempotency_key: string | null
  readonly received: Uint8Array
}

/** Where traces are kept. The built-in tracing plugin uses it; so may yours. */
export interface TraceSink {
  /** Commits the intent and gives the call its number in each session. */
  begin(intent: Intent): Promise<void>
  /** Commits the trace; returns when it is as durable as configured. Saving again replaces it. */
  save(trace: FullTrace): Promise<void>
}

/** A small, human-readable memory that outlives restarts, one per plugin. Not for traces. */
export interface Memory {
  get(key: string): Json | undefined
  /** Resolves when the value is on disk. */
  set(key: string, value: Json): Promise<void>
}

/** A logger that already carries the plugin's name. */
export interface Log {
  debug(fields: object | string, message?: string): void
  info(fields: object | string, message?: string): void
  warn(fields: object | string, message?: string): void
  error(fields: object | string, message?: string): void
}

/** What a plugin gets when it is set up. */
export interface Setup<Config> {
  /** Checked against the plugin's schema, defaults filled in, frozen. */
  readonly config: Config
  readonly log: Log
  /** Aborts at shutdown; hand it to timers and sockets. */
  readonly signal: AbortSignal
  readonly traces: TraceSink
  readonly memory: Memory
}
