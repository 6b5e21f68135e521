import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../plugin/json.ts'
import type { Trace } from '../plugin/trace.ts'
import { GatewayClientError } from './client-error.ts'
import {
  createGatewayHttp,
  type GatewayHttp,
  type GatewayReply,
  type GatewayRequest,
  type RequestOptions,
} from './gateway-http.ts'
import type {
  AddedWorker,
  GatewayHealth,
  ListRange,
  NewSession,
  NewWorker,
  Reloaded,
  ReloadSource,
  SessionInfo,
  WorkerInfo,
  WorkersHealth,
} from './gateway-replies.ts'
import { gatewayRoot, sessionPath } from './session-url.ts'

export interface GatewayClientOptions {
  /** Sent as a bearer token. */
  readonly adminToken?: string | undefined
  /** Milliseconds for each attempt of a request; 30,000 by default. */
  readonly timeoutMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Attempts after the first when a connection fails; 2 by default. Calls that would do harm when
   * the gateway got them twice are repeated only if they cannot have reached it. */
  readonly retry?: number | undefined
}

/** Time over the gateway's own deadline, in milliseconds, for its answer to arrive. */
const GRACE_MS = 5000
const TRACES_PER_PAGE = 16

/**
 * A gateway's HTTP API. Every method takes a signal and a deadline as its last argument.
 *
 * Errors are {@link GatewayClientError} with the gateway's code and status; an aborted signal rejects
 * with its reason.
 */
export class GatewayClient {
  /** Base URL of the gateway without `/v1`. */
  readonly url: string
  readonly #http: GatewayHttp

  /** @throws {TypeError} when the base URL (with or without `/v1`) is not an http URL. */
  constructor(baseUrl: string, options: GatewayClientOptions = {}) {
    const { adminToken, timeoutMs = 30_000, headers = {}, retry = 2 } = options
    this.url = gatewayRoot(baseUrl)
    const credential = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }
    this.#http = createGatewayHttp(this.url, {
      timeoutMs,
      headers: { ...headers, ...credential },
      retry,
    })
  }

  /** Creates a session and gives its id. Its base URL is {@link sessionUrl} of that id. */
  async createSession(session: NewSession = {}, options?: RequestOptions): Promise<string> {
    const { sessionId = randomUUID(), metadata, samplingParams } = session
    const body = { session_id: sessionId, metadata, sampling_params: samplingParams }
    const created = await this.#post('/sessions', body, { repeatable: true, ...options })
    return (created as { session_id: string }).session_id
  }

  /**
   * The base URL of a session's calls, `<gateway>/sessions/<id>/v1`. The session need not be created.
   *
   * @throws {TypeError} for an id that no URL can carry.
   */
  sessionUrl(id: string): string {
    return `${this.url}${sessionPath(id)}/v1`
  }

  async sessionInfo(id: string, options?: RequestOptions): Promise<SessionInfo> {
    return this.#get(sessionPath(id), {}, options) as Promise<SessionInfo>
  }

  /** Sessions that have traces, newest first. */
  async listSessions(
    range: ListRange = {},
    options?: RequestOptions,
  ): Promise<readonly SessionInfo[]> {
    return this.#get('/sessions', rangeOf(range), options) as Promise<SessionInfo[]>
  }

  /** Deletes a session and gives how many traces went with it; 0 for an unknown one. */
  async deleteSession(id: string, options?: RequestOptions): Promise<number> {
    return this.#deleted({ method: 'DELETE', path: sessionPath(id), ...options })
  }

  /** Deletes sessions and gives how many traces went with them. */
  async deleteSessions(ids: readonly string[], options?: RequestOptions): Promise<number> {
    const body = { session_ids: [...ids] }
    return this.#deleted({ method: 'POST', path: '/sessions/batch_delete', body, ...options })
  }

  /** A session's traces in turn order, whole and at once; empty for an unknown session. */
  async sessionTraces(
    id: string,
    range: ListRange = {},
    options?: RequestOptions,
  ): Promise<readonly Trace[]> {
    return this.#get(`${sessionPath(id)}/traces`, rangeOf(range), options) as Promise<Trace[]>
  }

  /**
   * A session's traces in turn order, a page at a time, so that memory holds `pageSize` of them however
   * many there are. `limit` ends it after so many.
   */
  async *iterateTraces(
    id: string,
    range: ListRange & { readonly pageSize?: number } = {},
    options?: RequestOptions,
  ): AsyncGenerator<Trace, void, undefined> {
    const { since, limit = Infinity, pageSize = TRACES_PER_PAGE } = range
    const path = `${sessionPath(id)}/traces`
    let cursor: string | undefined
    for (let left = limit; left > 0;) {
      const query = { since, limit: Math.min(pageSize, left), cursor }
      const { body, headers } = await this.#http.send({ method: 'GET', path, query, ...options })
      const traces = body as Trace[]
      yield* traces
      left -= traces.length
      const next = headers['x-next-cursor']
      if (typeof next !== 'string') return
      cursor = next
    }
  }

  async trace(traceId: string, options?: RequestOptions): Promise<Trace> {
    return this.#get(`/traces/${encodeURIComponent(traceId)}`, {}, options) as Promise<Trace>
  }

  /** The traces of several sessions, one session after the other; `limit` counts for each of them. */
  async queryTraces(
    sessionIds: readonly string[],
    range: ListRange = {},
    options?: RequestOptions,
  ): Promise<readonly Trace[]> {
    const body = { session_ids: [...sessionIds], ...rangeOf(range) }
    const path = '/traces/query'
    return this.#post(path, body, { repeatable: true, ...options }) as Promise<Trace[]>
  }

  async addWorker(worker: NewWorker, options?: RequestOptions): Promise<AddedWorker> {
    const { url, workerId, apiPath, modelName, weight } = worker
    const body = { url, worker_id: workerId, api_path: apiPath, model_name: modelName, weight }
    return this.#post('/admin/workers', body, options) as Promise<AddedWorker>
  }

  async removeWorker(workerId: string, options?: RequestOptions): Promise<void> {
    const path = `/admin/workers/${encodeURIComponent(workerId)}`
    await this.#http.send({ method: 'DELETE', path, ...options })
  }

  async listWorkers(options?: RequestOptions): Promise<readonly WorkerInfo[]> {
    return this.#get('/admin/workers', {}, options) as Promise<WorkerInfo[]>
  }

  /** Says which weights the workers have from now on; it is written to every trace. */
  async setWeightVersion(version: number | string, options?: RequestOptions): Promise<void> {
    const body = { weight_version: version }
    await this.#post('/admin/weight_version', body, { repeatable: true, ...options })
  }

  /** The version set last; null before. */
  async weightVersion(options?: RequestOptions): Promise<number | string | null> {
    const reply = await this.#get('/admin/weight_version', {}, options)
    return (reply as { weight_version: number | string | null }).weight_version
  }

  /**
   * Resolves when every trace of a call that ended before is committed. `timeoutMs` is the gateway's
   * deadline for it, 30,000 by default. @throws {GatewayClientError} `flush_timeout`.
   */
  async flush({ timeoutMs = 30_000, signal }: RequestOptions = {}): Promise<void> {
    const body = { timeout: timeoutMs / 1000 }
    const wait = { repeatable: true, timeoutMs: timeoutMs + GRACE_MS, signal }
    await this.#post('/admin/flush', body, wait)
  }

  async health(options?: RequestOptions): Promise<GatewayHealth> {
    return this.#get('/health', {}, options) as Promise<GatewayHealth>
  }

  async workersHealth(options?: RequestOptions): Promise<WorkersHealth> {
    return this.#get('/health/workers', {}, options) as Promise<WorkersHealth>
  }

  /** Has the gateway read its file anew, or take on another configuration; that needs its token. */
  async reload(source: ReloadSource = {}, options?: RequestOptions): Promise<Reloaded> {
    const body = { config_yaml: source.configYaml, config_path: source.configPath }
    return this.#post('/admin/reload', body, { repeatable: true, ...options }) as Promise<Reloaded>
  }

  /** Closes the connections that are kept for the next request. The client can still be used. */
  close(): void {
    this.#http.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #get(path: string, query: Query, options: RequestOptions = {}): Promise<unknown> {
    return this.#read({ method: 'GET', path, query, ...options })
  }

  async #post(
    path: string,
    body: JsonObject,
    options: RequestOptions & { readonly repeatable?: boolean } = {},
  ): Promise<unknown> {
    return this.#read({ method: 'POST', path, body, ...options })
  }

  async #deleted(request: GatewayRequest): Promise<number> {
    return ((await this.#read(request)) as { deleted: number }).deleted
  }

  async #read(request: GatewayRequest): Promise<unknown> {
    const { body }: GatewayReply = await this.#http.send(request)
    if (typeof body === 'object' && body !== null) return body
    throw new GatewayClientError(
      'bad_reply',
      `the answer to ${request.method} ${request.path} is no reply of a gateway`,
    )
  }
}

type Query = Readonly<Record<string, string | number | undefined>>

function rangeOf({ since, limit }: ListRange): { since?: number; limit?: number } {
  return {
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit }),
  }
}
