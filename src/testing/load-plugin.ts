import type { TestContext } from 'node:test'
import { loadPlugins, type Host, type PluginValue } from '../host/index.ts'
import type { Json, JsonObject, Memory, Plugin, TraceSink } from '../plugin/index.ts'
import type { CallSpec } from './call-spec.ts'
import { playCall, type PlayedCall } from './played-call.ts'
import { createRecordingLog, type LogLine } from './recording-log.ts'
import { createTestTraces, type TestTraces } from './test-traces.ts'

export interface LoadOptions {
  /** Plugins listed before and after the one under test. */
  readonly before?: readonly PluginValue[]
  readonly after?: readonly PluginValue[]
  /** What the plugin remembers from an earlier run. */
  readonly memory?: JsonObject
  /** Where plugins save traces, if not in memory. */
  readonly traces?: TraceSink
}

/** A plugin set up in a real host, ready to take part in calls. */
export interface LoadedPlugin {
  readonly host: Host
  /** What the plugin under test remembers. */
  readonly memory: ReadonlyMap<string, Json>
  /** What the plugin under test logged. */
  readonly log: readonly LogLine[]
  /** What was handed to the trace store, unless the test brought its own. */
  readonly traces: TestTraces
  /** Describes a call; it is played when something of it is first asked for. */
  call(spec?: CallSpec): PlayedCall
}

/**
 * Sets a plugin up with its settings checked and hooks run under the gateway's own rules and deadlines.
 * It is closed when the test ends.
 *
 * @throws GatewayError `plugin_invalid`, as the gateway would at its start
 */
export async function loadPlugin(
  t: Pick<TestContext, 'after'>,
  plugin: Plugin,
  config: Readonly<Record<string, unknown>> = {},
  options: LoadOptions = {},
): Promise<LoadedPlugin> {
  const memory = new Map<string, Json>(Object.entries(options.memory ?? {}) as [string, Json][])
  const log: LogLine[] = []
  const traces = createTestTraces()
  const stop = new AbortController()
  const entries = [...(options.before ?? []), { plugin, config }, ...(options.after ?? [])]
  const host = await loadPlugins(entries, {
    places: { folder: '.', base: '.' },
    signal: stop.signal,
    traces: options.traces ?? traces,
    logFor: (name) => createRecordingLog(name === plugin.name ? log : []),
    memoryFor: (name) => memoryIn(name === plugin.name ? memory : new Map()),
  })
  t.after(async () => {
    stop.abort()
    await host.close()
  })
  await host.ready()
  return { host, memory, log, traces, call: (spec = {}) => playCall(host, spec) }
}

function memoryIn(values: Map<string, Json>): Memory {
  return {
    get: (key) => values.get(key),
    async set(key, value) {
      values.set(key, value)
    },
  }
}
