import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { GatewayClient } from './gateway-client.ts'
import type { Reloaded } from './gateway-replies.ts'
import type { RequestOptions } from './gateway-http.ts'
import { startProcess, type GatewayProcess } from './gateway-process.ts'
import {
  configPath,
  configText,
  createSecretFile,
  type GatewayConfig,
  type SecretFile,
} from './proxy-config.ts'

export interface ProxyManagerOptions {
  /** An object, YAML text or the path of a file; a gateway without upstreams when absent. */
  readonly config?: GatewayConfig | undefined
  readonly host?: string | undefined
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined
  /** Every call is for this model. */
  readonly model?: string | undefined
  readonly stateDir?: string | undefined
  /** SQLite file of the traces. */
  readonly dbPath?: string | undefined
  /** Written to every trace. */
  readonly project?: string | undefined
  /** Replaces that of the configuration; random by default. */
  readonly adminToken?: string | undefined
  /** Ask every upstream for logprobs, paid ones too. */
  readonly addLogprobs?: boolean | undefined
  /** Replaces the environment of this process, as for `child_process.spawn`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Program and arguments in place of this package's own command line, such as `['npx', 'sluice']`. */
  readonly command?: readonly string[] | undefined
  /** Milliseconds until the gateway has to answer; 30,000 by default. */
  readonly startTimeoutMs?: number | undefined
  /** Gets each line that the gateway logs. */
  readonly onLog?: ((line: string) => void) | undefined
}

interface Running {
  readonly process: GatewayProcess
  readonly client: GatewayClient
  readonly file: SecretFile | null
}

/**
 * A gateway in a process of its own, for as long as it is needed. It is stopped by {@link stop}, at the
 * end of an `await using` block, and when this process ends.
 */
export class ProxyManager {
  readonly adminToken: string
  readonly #options: ProxyManagerOptions
  #starting: Promise<Running> | null = null
  #running: Running | null = null
  #cancel = new AbortController()

  constructor(options: ProxyManagerOptions = {}) {
    this.#options = options
    this.adminToken = options.adminToken ?? randomBytes(24).toString('base64url')
  }

  /**
   * Starts the gateway and gives its {@link url} once it answers. While it runs, starting it again does
   * nothing; once it has ended, it makes a new one.
   *
   * @throws {GatewayClientError} `gateway_ended` with what it said last, `unauthorized` when its
   * environment sets another token. @throws the signal's reason, or a `TimeoutError`.
   */
  async start({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    const starting = (this.#starting ??= this.#launch(signal))
    const forget = (): void => {
      if (this.#starting === starting) this.#starting = this.#running = null
    }
    try {
      this.#running = await starting
      void this.#running.process.ended.then(forget)
      return this.url
    } catch (error) {
      forget()
      throw error
    }
  }

  /** Base URL without `/v1`. @throws {Error} while the gateway is not running; so do all others. */
  get url(): string {
    return this.#live.process.url
  }

  /** Base URL for clients of OpenAI's API. */
  get baseUrl(): string {
    return `${this.url}/v1`
  }

  /** The gateway's API, with the admin token. */
  get client(): GatewayClient {
    return this.#live.client
  }

  /** Process id of the gateway. */
  get pid(): number {
    return this.#live.process.pid
  }

  /** Resolves when the gateway has ended, wanted or not, with how it did and what it said last. */
  get ended(): Promise<string> {
    return this.#live.process.ended
  }

  /** Has the running gateway take on another configuration. */
  async reload(config: GatewayConfig, options?: RequestOptions): Promise<Reloaded> {
    const { client, file } = this.#live
    const path = configPath(config)
    if (path !== null) return client.reload({ configPath: resolve(path) }, options)
    const configYaml = configText(config, this.adminToken)
    const reloaded = await client.reload({ configYaml }, options)
    await file?.write(configYaml)
    return reloaded
  }

  /** Resolves when every trace of a call that ended before is committed. */
  async flush(options?: RequestOptions): Promise<void> {
    await this.client.flush(options)
  }

  /** Stops the gateway; calls under way have 5 seconds to finish. Harmless when it is not running. */
  async stop(): Promise<void> {
    this.#cancel.abort(new Error('the gateway was stopped while it started'))
    this.#cancel = new AbortController()
    // Why it did not start was told to whoever started it.
    const running = await this.#starting?.catch(() => null)
    this.#starting = null
    this.#running = null
    running?.client.close()
    await running?.process.stop()
    await running?.file?.remove()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #live(): Running {
    if (this.#running === null) throw new Error('the gateway is not running; await start() first')
    return this.#running
  }

  async #launch(given: AbortSignal | undefined): Promise<Running> {
    const { config = {}, startTimeoutMs = 30_000, command, env, onLog } = this.#options
    const signal = AbortSignal.any([
      this.#cancel.signal,
      AbortSignal.timeout(startTimeoutMs),
      ...(given === undefined ? [] : [given]),
    ])
    // In a file and not among the arguments, which every user of the machine can read.
    const path = configPath(config)
    const file =
      path === null
        ? await createSecretFile('gateway.yaml', configText(config, this.adminToken))
        : null
    const secret = path === null ? undefined : this.adminToken
    let started: GatewayProcess | undefined
    try {
      const args = ['serve', '--quiet', `--config=${path ?? file?.path}`, ...this.#flags(secret)]
      started = await startProcess({ command, args, env, onLog, signal })
      void started.ended.then(() => file?.remove())
      const client = new GatewayClient(started.url, { adminToken: this.adminToken })
      await client.health({ signal })
      await client.listSessions({ limit: 1 }, { signal })
      return { process: started, client, file }
    } catch (error) {
      await started?.stop()
      await file?.remove()
      throw error
    }
  }

  #flags(adminToken: string | undefined): readonly string[] {
    const { host, port = 0, model, stateDir, dbPath, project, addLogprobs } = this.#options
    const flags = {
      '--host': host,
      '--port': String(port),
      '--model': model,
      '--state-dir': stateDir,
      '--db-path': dbPath,
      '--project': project,
      '--admin-token': adminToken,
    }
    const given = Object.entries(flags).filter(([, value]) => value !== undefined)
    const logprobs = addLogprobs === true ? ['--add-logprobs'] : []
    return [...given.map(([name, value]) => `${name}=${value}`), ...logprobs]
  }
}
