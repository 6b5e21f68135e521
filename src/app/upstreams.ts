import { isDeepStrictEqual } from 'node:util'
import type { Config, UpstreamConfig } from '../config/index.ts'
import {
  createUpstreamSet,
  defaultBase,
  type HttpUpstream,
  type UpstreamSet,
} from '../upstream/index.ts'
import type { Logger } from '../util/log.ts'
import { configuredUpstream } from './make-upstream.ts'
import { routingOf } from './routing-options.ts'
import { freeName, idFrom } from './worker-names.ts'

/** A simulator that was started because the configuration names one. */
export interface RunningSimulator {
  readonly url: string
  close(): Promise<void>
}

export type StartSimulator = (
  options: NonNullable<UpstreamConfig['simulator']>,
) => Promise<RunningSimulator>

/** Hears of each change of an upstream's health, with its reason. */
export type OnHealth = (upstream: HttpUpstream, healthy: boolean, why: string) => void

/** The upstreams of a gateway, of which those of the configuration can be exchanged. */
export interface Upstreams extends UpstreamSet {
  /**
   * Puts these in place of the configuration's. Equal entries stay as they are, with their sockets,
   * their health and their calls; new ones join, also those that were removed by hand; calls of those
   * that go finish first. Registered workers stay. When one cannot be started, nothing has changed.
   */
  replace(entries: readonly UpstreamConfig[]): Promise<void>
}

/** Something of the configuration that was started. */
interface Placed {
  readonly entry: UpstreamConfig
  readonly upstream: HttpUpstream
}

/** Makes the upstreams of a configuration, and starts the simulators it names. */
export async function openUpstreams(
  config: Config,
  startSimulator: StartSimulator,
  log: Logger,
  onHealth: OnHealth = () => {},
): Promise<Upstreams> {
  const set = createUpstreamSet({
    health: {
      intervalMs: config.health.interval_ms,
      timeoutMs: config.health.timeout_ms,
      path: config.health.path,
      unhealthyAfter: config.health.unhealthy_after,
      healthyAfter: config.health.healthy_after,
    },
    routing: routingOf(config),
    onHealth(upstream, healthy, why) {
      onHealth(upstream, healthy, why)
      log.warn(
        { upstream: upstream.name, why },
        healthy ? 'an upstream is back' : 'an upstream is left out',
      )
    },
  })
  const ending = new Set<Promise<void>>()
  let placed: readonly Placed[] = []
  let turn: Promise<unknown> = Promise.resolve()

  async function startSimulators(
    entries: readonly UpstreamConfig[],
  ): Promise<ReadonlyMap<UpstreamConfig, RunningSimulator>> {
    const started = new Map<UpstreamConfig, RunningSimulator>()
    try {
      for (const entry of entries) {
        if (entry.simulator) started.set(entry, await startSimulator(entry.simulator))
      }
      return started
    } catch (error) {
      await Promise.all([...started.values()].map((simulator) => simulator.close()))
      throw error
    }
  }

  function place(entry: UpstreamConfig, simulator: RunningSimulator | undefined): Placed {
    const list = set.list()
    const url = simulator?.url ?? entry.url ?? defaultBase(entry.provider) ?? ''
    const wanted = entry.name ?? (simulator ? 'simulator' : new URL(url).host)
    const name = freeName(wanted, new Set(list.map((one) => one.name)), '#')
    const ids = new Set(list.map((one) => one.id))
    const id = freeName(entry.worker_id ?? idFrom(wanted), ids, '~')
    const started = { id, name, url, simulated: simulator !== undefined }
    const joining = configuredUpstream(entry, started, config)
    set.add(joining)
    if (simulator) closeAfter(joining.upstream, simulator)
    return { entry, upstream: joining.upstream }
  }

  function closeAfter({ drained, name }: HttpUpstream, simulator: RunningSimulator): void {
    const end = drained
      .then(() => simulator.close())
      .catch((error: unknown) => log.error({ err: error, upstream: name }, 'closing failed'))
      .finally(() => ending.delete(end))
    ending.add(end)
  }

  async function exchange(entries: readonly UpstreamConfig[]): Promise<void> {
    const here = new Set(set.list())
    const left = placed.filter(({ upstream }) => here.has(upstream))
    const kept = entries.map((entry): Placed | undefined => {
      const at = left.findIndex((one) => isDeepStrictEqual(one.entry, entry))
      return at < 0 ? undefined : left.splice(at, 1)[0]
    })
    const simulators = await startSimulators(entries.filter((_, at) => !kept[at]))
    for (const { upstream } of left) set.remove(upstream.id)
    placed = entries.map((entry, at) => kept[at] ?? place(entry, simulators.get(entry)))
  }

  const upstreams: Upstreams = {
    ...set,
    replace(entries) {
      const next = turn.then(() => exchange(entries))
      turn = next.catch(() => {}) // Whoever asked for it hears of it.
      return next
    },
    async close() {
      await turn
      await set.close()
      await Promise.all(ending)
    },
  }
  await upstreams.replace(config.upstreams)
  return upstreams
}
