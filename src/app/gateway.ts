import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Middleware } from 'koa'
import { createAdminRouter } from '../admin/index.ts'
import type { Config } from '../config/index.ts'
import { GatewayError } from '../errors/index.ts'
import {
  discover,
  loadPlugins,
  shareOwnPackage,
  type Host,
  type PluginEntry,
  type PluginValue,
} from '../host/index.ts'
import type { Log } from '../plugin/index.ts'
import { openStateFile } from '../shared/index.ts'
import {
  createCallRegister,
  createLateSaves,
  createTurnstile,
  type Parts,
} from '../stages/index.ts'
import type { TraceStore } from '../trace/index.ts'
import { createLogger, type Logger } from '../util/log.ts'
import { createApp, createHttpServer } from './http.ts'
import { openConfigured } from './store.ts'
import { openUpstreams, type StartSimulator } from './upstreams.ts'
import { VERSION } from './version.ts'

export interface GatewayOptions {
  readonly config: Config
  readonly startSimulator: StartSimulator
  /** Plugins given as values, behind those of the configuration. */
  readonly plugins?: readonly PluginValue[]
  /** Opens another store than the one the configuration names. The gateway closes it. */
  readonly openStore?: (store: Config['store']) => Promise<TraceStore>
  readonly log?: Logger
}

/** A gateway that is listening. */
export interface Gateway {
  readonly url: string
  readonly port: number
  readonly host: Host
  readonly store: TraceStore
  readonly upstreams: Parts['upstreams']
  /** Stops taking calls, lets those under way finish until the deadline, saves and closes everything. */
  close(): Promise<void>
}

/**
 * The composition root: builds every part once, hands it down, and takes it apart in reverse order,
 * also when a later part failed to start.
 *
 * @throws {GatewayError} `config_invalid`, `plugin_invalid`, `store_unusable`
 */
export async function startGateway({
  config,
  startSimulator,
  plugins = [],
  openStore = openConfigured,
  log = createLogger(config.log_level),
}: GatewayOptions): Promise<Gateway> {
  const closers: (() => Promise<unknown> | void)[] = []
  const stopping = new AbortController()
  let closing: Promise<void> | undefined
  const closeAll = (): Promise<void> => (closing ??= closeEach())
  const closeEach = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) {
      // What cannot be closed must not keep the store, which comes last, from being closed.
      try {
        await close()
      } catch (error) {
        log.error({ err: error }, 'closing failed')
      }
    }
  }
  try {
    const doors = shareOwnPackage()
    closers.push(() => doors[Symbol.dispose]())
    const state = await openStateFile(join(config.state_dir, 'state.json'))
    const store = await openStore(config.store)
    closers.push(() => store.close())
    const host = await loadPlugins([...entriesOf(config), ...plugins], {
      places: { folder: config.plugins_dir, base: process.cwd() },
      signal: stopping.signal,
      traces: { begin: (intent) => store.begin(intent), save: (trace) => store.save(trace) },
      logFor: (plugin) => pluginLog(log, plugin),
      memoryFor: (plugin) => state.memoryFor(plugin),
    })
    closers.push(() => host.close())
    // Once no call is under way: until then plugins need their timers and sockets.
    closers.push(() => stopping.abort())
    const upstreams = await openUpstreams(config, startSimulator)
    closers.push(() => upstreams.close())
    const calls = createCallRegister()
    const lateSaves = createLateSaves((trace, call) => host.save(trace, call), log)
    closers.push(() => lateSaves.close())
    const parts = partsOf(config, store, { host, upstreams, calls, lateSaves, log })

    const server = createHttpServer(
      createApp(parts, adminOf(parts, store)),
      {
        requestMs: config.timeouts.request_ms,
        headersMs: Math.min(15_000, config.timeouts.request_ms),
      },
      log,
    )
    server.listen(config.port, config.host)
    await listening(server, config)
    closers.push(async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await calls.drain(config.timeouts.shutdown_ms, () => server.closeAllConnections())
      server.closeAllConnections()
      await closed
    })
    await host.ready()
    const { port } = server.address() as AddressInfo
    const name = config.host.includes(':') ? `[${config.host}]` : config.host
    return { url: `http://${name}:${port}`, port, host, store, upstreams, close: closeAll }
  } catch (thrown) {
    await closeAll()
    throw thrown
  }
}

function entriesOf({ plugins, plugins_dir: folder }: Config): readonly PluginEntry[] {
  if (plugins === 'auto') return discover({ folder, base: folder })
  return plugins.map((entry) => (typeof entry === 'string' ? { use: entry } : entry))
}

function partsOf(
  config: Config,
  store: TraceStore,
  made: Pick<Parts, 'host' | 'upstreams' | 'calls' | 'lateSaves' | 'log'>,
): Parts {
  const { limits, timeouts } = config
  return {
    ...made,
    durability: store.durability,
    turnstile: createTurnstile(),
    async recorded(traceId) {
      const [trace, wire] = await Promise.all([store.getTrace(traceId), store.getWire(traceId)])
      return trace && wire && { trace, wire }
    },
    viaName: `sluice-${randomUUID().slice(0, 8)}`,
    metadataHeader: config.metadata_header,
    limits: {
      bodyBytes: limits.body_bytes,
      depth: limits.depth,
      responseBytes: limits.response_bytes,
      eventBytes: limits.event_bytes,
    },
    timeouts: {
      totalMs: timeouts.total_ms,
      graceMs: timeouts.grace_ms,
      clientStallMs: timeouts.client_stall_ms,
    },
  }
}

function adminOf({ host, upstreams }: Parts, store: TraceStore): Middleware {
  const router = createAdminRouter({
    store,
    upstreams,
    hooks: host,
    version: VERSION,
    startedAt: Date.now(),
    async flush(timeoutMs) {
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, timeoutMs, false).unref())
      return Promise.race([store.flush().then(() => true), late])
    },
  })
  return router.routes() as unknown as Middleware
}

async function listening(
  server: ReturnType<typeof createHttpServer>,
  { host, port }: Config,
): Promise<void> {
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? 'something else listens there; choose another with --port'
        : String(code)
    throw new GatewayError('config_invalid', {
      detail: `cannot listen on ${host}:${port}: ${why}`,
      cause,
    })
  }
}

function pluginLog(log: Logger, plugin: string): Log {
  return log.child({ plugin }) as unknown as Log
}
