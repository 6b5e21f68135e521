/** An upstream as rLLM's API shows it, where it is called a worker. */
export interface WorkerInfo {
  readonly worker_id: string
  /** Scheme, host, port and path before the API path, without credentials. */
  readonly url: string
  /** What stands in place of `/v1` on the server. */
  readonly api_path: string
  /** Null: it serves any model, or several. */
  readonly model_name: string | null
  readonly weight: number
  readonly healthy: boolean
  /** Calls under way. */
  readonly active_requests: number
}

/** A worker as it is registered. */
export interface NewWorker {
  /** Without `api_path`, a path in it is the API path. */
  readonly url: string
  readonly worker_id?: string
  readonly api_path?: string
  readonly model_name?: string | null
  readonly weight?: number
}

/** The workers of a running gateway: those of the configuration and those registered since. */
export interface Workers {
  list(): readonly WorkerInfo[]
  /**
   * Takes a worker in; it is kept on disk before this resolves. The same `worker_id` again replaces
   * that worker; the same server and model without an id is the worker that is there already, with its
   * weight brought up to date.
   *
   * @throws {GatewayError} `bad_worker`, with the field in `param`
   */
  add(worker: NewWorker): Promise<WorkerInfo>
  /**
   * Takes a worker out; false when there is none with this id. It gets no new calls at once, and those
   * under way finish; nobody waits for them. A worker of the configuration comes back when that is
   * read again: at a restart or a reload.
   */
  remove(id: string): Promise<boolean>
}
