import type { JsonObject } from '../plugin/json.ts'

/** A session as the gateway lists it. */
export interface SessionInfo {
  readonly session_id: string
  readonly trace_count: number
  /** Seconds since the epoch; null when it was never created and has no traces. */
  readonly created_at: number | null
  readonly metadata: JsonObject
}

/** A server that answers calls, under rLLM's name for it. */
export interface WorkerInfo {
  readonly worker_id: string
  readonly url: string
  /** What stands in place of `/v1` on the server. */
  readonly api_path: string
  /** Null: serves any model. */
  readonly model_name: string | null
  /** Its share of the sessions, next to those of the others. */
  readonly weight: number
  readonly healthy: boolean
  readonly active_requests: number
}

export interface WorkersHealth {
  readonly workers: readonly WorkerInfo[]
  readonly healthy: number
  readonly total: number
}

export interface GatewayHealth {
  readonly status: string
  readonly version?: string
  readonly uptime_seconds?: number
  /** Name of the trace store. */
  readonly store?: string
  readonly upstreams?: { readonly total: number; readonly healthy: number }
}

/** A new session, or new settings for one that exists; its traces are kept. */
export interface NewSession {
  /** Made here when absent. */
  readonly sessionId?: string | undefined
  readonly metadata?: JsonObject | undefined
  /** Set over the parameters of every call of the session. */
  readonly samplingParams?: JsonObject | undefined
}

export interface NewWorker {
  /** Base URL, with or without `/v1`. */
  readonly url: string
  readonly workerId?: string | undefined
  readonly apiPath?: string | undefined
  readonly modelName?: string | undefined
  readonly weight?: number | undefined
}

/** The worker as it was registered. */
export interface AddedWorker {
  readonly worker_id: string
  readonly url: string
  readonly api_path: string
}

/** Which configuration to take on; the gateway's own file when both are absent. */
export interface ReloadSource {
  readonly configYaml?: string | undefined
  /** A file at the gateway. */
  readonly configPath?: string | undefined
}

export interface Reloaded {
  readonly status: string
  /** What the gateway serves now. */
  readonly models?: readonly string[]
  /** Keys that changed and take effect at the next start. */
  readonly needs_restart?: readonly string[]
}

/** Which part of a list is wanted; an absent value asks for everything. */
export interface ListRange {
  /** Seconds since the epoch, inclusive. */
  readonly since?: number | undefined
  /** The first so many. */
  readonly limit?: number | undefined
}
