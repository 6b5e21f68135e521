import type { Middleware } from 'koa'
import type { Config } from '../config/index.ts'
import { GatewayError } from '../errors/index.ts'
import {
  discover,
  loadPlugins,
  shareOwnPackage,
  type AnyPlugin,
  type Host,
  type PluginEntry,
} from '../host/index.ts'
import { createPriceBook, openSpending, spendersOf } from '../ledger/index.ts'
import { createMeter } from '../metrics/index.ts'
import type { Log } from '../plugin/index.ts'
import { openStateFile } from '../shared/index.ts'
import {
  createCallRegister,
  createLateSaves,
  createPrices,
  createWeightVersions,
  type Parts,
} from '../stages/index.ts'
import type { TraceStore } from '../trace/index.ts'
import { createLocalUpstream, type LocalUpstreamOptions } from '../upstream/index.ts'
import { createLogger, type Logger } from '../util/log.ts'
import { budgetsOf } from './budgets.ts'
import { cacheOf } from './cache.ts'
import { createClosing } from './closing.ts'
import { createApp, createMounted } from './http.ts'
import { ledgerOf } from './ledger.ts'
import { listen, type Address, type Listener } from './listener.ts'
import { registeredUpstream } from './make-upstream.ts'
import { createOutages } from './outages.ts'
import { isOwnAddress } from './own-address.ts'
import { adminOf, partsOf } from './parts.ts'
import { createReload, settingsOf, type ConfigOrigin } from './reload.ts'
import { openSharedState } from './shared-state.ts'
import { openConfigured, statePath } from './store.ts'
import { openUpstreams, type StartSimulator, type Upstreams } from './upstreams.ts'
import { createWorkers } from './workers.ts'

export interface GatewayOptions {
  readonly config: Config
  readonly startSimulator: StartSimulator
  /** Where the configuration came from, to read it again on request. */
  readonly origin?: ConfigOrigin
  /** Upstreams that are functions of this process, beside those of the configuration. */
  readonly local?: readonly LocalUpstreamOptions[]
  /** Plugins given as values, behind those of the configuration. */
  readonly plugins?: readonly AnyPlugin[]
  /** Opens another store than the one the configuration names. The gateway closes it. */
  readonly openStore?: (store: Config['store']) => Promise<TraceStore>
  readonly log?: Logger
}

/** A gateway that can take calls, through its own server or through another's. */
export interface OpenGateway {
  readonly host: Host
  readonly store: TraceStore
  readonly upstreams: Parts['upstreams']
  /** For a Koa app: answers the gateway's own routes and lets every other request pass. */
  readonly middleware: Middleware
  /**
   * Listens there, or where the configuration says; once, for it has one server.
   *
   * @throws {GatewayError} `config_invalid`; `shutting_down` once it is closing
   */
  listen(address?: Partial<Address>): Promise<Listener>
  /** Stops taking calls, lets those under way finish until the deadline, saves and closes everything. */
  close(): Promise<void>
}

/** A gateway that is listening. */
export interface Gateway extends OpenGateway {
  readonly url: string
  readonly port: number
}

/**
 * The composition root: builds every part once, hands it down, and takes it apart in reverse order,
 * also when a later part failed to start.
 *
 * @throws {GatewayError} `config_invalid`, `plugin_invalid`, `store_unusable`
 */
export async function openGateway({
  config,
  startSimulator,
  origin = {},
  local = [],
  plugins = [],
  openStore = openConfigured,
  log = createLogger(config.log_level),
}: GatewayOptions): Promise<OpenGateway> {
  const closing = createClosing(log)
  const stopping = new AbortController()
  let listener: Listener | undefined
  try {
    const doors = shareOwnPackage()
    closing.add(() => doors[Symbol.dispose]())
    const state = await openStateFile(statePath(config))
    const store = await openStore(config.store)
    closing.add(() => store.close())
    const shared = await openSharedState(config, log, () => state.gatewayId())
    closing.add(() => shared.close())
    const host = await loadPlugins([...entriesOf(config), ...plugins], {
      places: { folder: config.plugins_dir, base: process.cwd() },
      signal: stopping.signal,
      traces: { begin: (intent) => store.begin(intent), save: (trace) => store.save(trace) },
      logFor: (plugin) => pluginLog(log, plugin),
      memoryFor: (plugin) => state.memoryFor(plugin),
    })
    closing.add(() => host.close())
    // Once no call is under way: until then plugins need their timers and sockets.
    closing.add(() => stopping.abort())
    const ledger = await ledgerOf(config, store, log)
    const spending = await openSpending(store.books, spendersOf(ledger))
    const calls = createCallRegister()
    const outages = createOutages()
    let opened: Upstreams | undefined
    // Made first: upstreams may be found dead while the last of them is still being started.
    const meter = createMeter({
      upstreams: () => opened?.list() ?? [],
      inFlight: () => calls.inFlight,
      store: () => store.activity(),
      budgets: () => budgetsOf(ledger, spending),
    })
    const upstreams = await openUpstreams(config, startSimulator, log, (upstream, healthy, why) => {
      outages.note(upstream, healthy, why)
      if (!healthy) meter.leftOut(upstream)
    })
    opened = upstreams
    closing.add(() => upstreams.close())
    const workers = createWorkers({
      upstreams,
      state,
      makeUpstream: (worker) => registeredUpstream(worker, config),
      isSelf: (url) => isOwnAddress(url, { ...config, port: listener?.port ?? config.port }),
    })
    for (const one of local) {
      const upstream = createLocalUpstream(one)
      upstreams.add({ upstream, headers: {}, isUnknown: false })
    }
    const lateSaves = createLateSaves(async (trace, call) => {
      await host.save(trace, call)
      meter.savedLate()
    }, log)
    closing.add(() => lateSaves.close())
    const settings = { ...settingsOf(config) }
    const weights = createWeightVersions(state)
    await shared.share(upstreams)
    const { counters } = shared
    const book = createPriceBook({ overrides: config.prices })
    const prices = createPrices({ book, upstreams, log })
    const money = { ledger, counters, spending, prices }
    const cache = cacheOf(config, shared.redis, log)
    const made = {
      host,
      upstreams,
      calls,
      lateSaves,
      log,
      meter,
      settings,
      weights,
      cache,
      ...money,
    }
    const parts = partsOf(config, store, made)
    const reload = createReload({ config, origin, upstreams, settings, ledger, spending })
    const admin = adminOf(parts, store, { workers, reload, ledger, whyOut: outages.whyOut })

    let ready: Promise<void> | undefined
    const beReady = (): Promise<void> => (ready ??= host.ready())
    let opening: Promise<Listener> | undefined
    closing.add(async () => {
      const drained = calls.drain(config.timeouts.shutdown_ms, () => listener?.sever())
      await opening?.catch(() => {}) // Whoever asked for it hears of it.
      await (listener ? listener.close(drained) : drained)
    })
    async function open(address: Partial<Address> = {}): Promise<Listener> {
      listener = await listen(createApp(parts, admin), { ...config, ...address }, log)
      return listener
    }
    return {
      host,
      store,
      upstreams,
      middleware: createMounted(parts, admin, beReady),
      async listen(address) {
        if (calls.draining) throw new GatewayError('shutting_down')
        if (opening) {
          throw new GatewayError('config_invalid', { detail: 'the gateway listens already' })
        }
        opening = open(address)
        try {
          const opened = await opening
          if (calls.draining) throw new GatewayError('shutting_down')
          await beReady()
          return opened
        } catch (thrown) {
          if (!listener) opening = undefined
          throw thrown
        }
      },
      close: () => closing.run(),
    }
  } catch (thrown) {
    await closing.run()
    throw thrown
  }
}

/** Opens a gateway and listens. @throws {GatewayError} as {@link openGateway} */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await openGateway(options)
  try {
    const { url, port } = await gateway.listen()
    return { ...gateway, url, port }
  } catch (thrown) {
    await gateway.close()
    throw thrown
  }
}

function entriesOf({ plugins, plugins_dir: folder }: Config): readonly PluginEntry[] {
  if (plugins === 'auto') return discover({ folder, base: folder })
  return plugins.map((entry) => (typeof entry === 'string' ? { use: entry } : entry))
}

function pluginLog(log: Logger, plugin: string): Log {
  return log.child({ plugin }) as unknown as Log
}
