import {
  createHttpUpstream,
  createUpstreamSet,
  type HttpUpstream,
  type UnknownUpstream,
  type UpstreamSet,
} from '../upstream/index.ts'
import type { Config, UpstreamConfig } from '../config/index.ts'

/** A simulator that was started because the configuration names one. */
export interface RunningSimulator {
  readonly url: string
  close(): Promise<void>
}

export type StartSimulator = (
  options: NonNullable<UpstreamConfig['simulator']>,
) => Promise<RunningSimulator>

/** Makes the upstreams of a configuration, and starts the simulators it names. */
export async function openUpstreams(
  config: Config,
  startSimulator: StartSimulator,
): Promise<UpstreamSet> {
  const simulators: RunningSimulator[] = []
  const upstreams: HttpUpstream[] = []
  const unknown: UnknownUpstream[] = []
  const names = new Map<string, number>()
  const closeSimulators = async (): Promise<void> => {
    await Promise.all(simulators.map((simulator) => simulator.close()))
  }
  for (const entry of config.upstreams) {
    const simulator = entry.simulator && (await startSimulator(entry.simulator).catch(giveUp))
    if (simulator) simulators.push(simulator)
    const url = simulator?.url ?? entry.url ?? ''
    const headers = {
      ...entry.headers,
      ...(entry.api_key ? { authorization: `Bearer ${entry.api_key}` } : {}),
    }
    const upstream = createHttpUpstream({
      name: unique(entry.name ?? (simulator ? 'simulator' : shortName(url)), names),
      url,
      kind: entry.kind === 'auto' ? (simulator ? 'vllm' : 'generic') : entry.kind,
      models: modelsOf(entry),
      simulated: simulator !== undefined,
      headers,
      passAuthorization: entry.pass_authorization,
      connections: config.limits.connections,
      connectMs: config.timeouts.connect_ms,
      headersMs: config.timeouts.headers_ms,
      idleMs: config.timeouts.idle_ms,
      maxResponseBytes: config.limits.response_bytes,
    })
    upstreams.push(upstream)
    if (entry.kind === 'auto' && !simulator) unknown.push({ upstream, headers })
  }
  const set = createUpstreamSet(upstreams, unknown)
  return {
    ...set,
    async close() {
      await set.close()
      await closeSimulators()
    },
  }

  /** What was started before the one that failed must not outlive the start. */
  async function giveUp(error: unknown): Promise<never> {
    await Promise.all(upstreams.map((upstream) => upstream.close()))
    await closeSimulators()
    throw error
  }
}

function modelsOf(entry: UpstreamConfig): readonly string[] | null {
  if (entry.models) return entry.models
  if (entry.model_name !== undefined) return [entry.model_name]
  return entry.simulator?.models ?? null
}

function shortName(url: string): string {
  return new URL(url).host
}

function unique(name: string, seen: Map<string, number>): string {
  const count = (seen.get(name) ?? 0) + 1
  seen.set(name, count)
  return count === 1 ? name : `${name}#${count}`
}
