import { inspect } from 'node:util'
import { GatewayError } from '../errors/index.ts'
import type { Log, Memory, Plugin, TraceSink } from '../plugin/index.ts'
import { checkHooks, checkPlugin, checkSettings } from './check.ts'
import { findPlugin, type PluginEntry, type PluginPlaces } from './find.ts'
import { withDeadline } from './guard.ts'
import { createHost, type Host } from './host.ts'
import { pluginUrl } from './resolve.ts'
import { matcher, type Seat } from './seat.ts'

const LOAD_LIMIT_MS = 10_000

/** What the host hands on to the plugins it sets up. */
export interface HostParts {
  readonly places: PluginPlaces
  readonly signal: AbortSignal
  readonly traces: TraceSink
  logFor(plugin: string): Log
  memoryFor(plugin: string): Memory
}

/** A plugin given as a value instead of a file; for embedding and for tests. */
export interface PluginValue extends Omit<PluginEntry, 'use'> {
  readonly plugin: Plugin
}

/** A plugin of the configuration, or one that is at hand, with or without settings. */
export type AnyPlugin = PluginEntry | PluginValue | Plugin

/**
 * Loads plugins in order: import, check shape, check settings, set up. When one fails, those already
 * set up are closed in reverse and the start stops with one line naming the entry.
 *
 * @throws GatewayError `plugin_invalid`
 */
export async function loadPlugins(entries: readonly AnyPlugin[], parts: HostParts): Promise<Host> {
  const seats: Seat[] = []
  try {
    for (const [index, entry] of entries.entries()) {
      const seat = await load(entry, index, parts)
      if (seats.some((other) => other.name === seat.name)) {
        throw new GatewayError('plugin_invalid', {
          detail: `plugins[${index}]: the name "${seat.name}" is taken; give one of the two \`as: another-name\``,
        })
      }
      seats.push(seat)
    }
  } catch (thrown) {
    await createHost(seats).close()
    throw thrown
  }
  return createHost(seats)
}

async function load(given: AnyPlugin, index: number, parts: HostParts): Promise<Seat> {
  const entry = 'use' in given || 'plugin' in given ? given : { plugin: given }
  const label = `plugins[${index}] ${'use' in entry ? entry.use : entry.plugin.name}`
  const source = 'use' in entry ? findPlugin(entry, parts.places) : '(given as a value)'
  const found = 'use' in entry ? await importPlugin(source, label) : entry.plugin
  const plugin = checkPlugin(found, `${label} (${source})`)
  const name = entry.as ?? plugin.name
  const config = checkSettings(plugin, entry.config, label)
  const log = parts.logFor(name)
  const setUp = async (): Promise<unknown> =>
    plugin.setup({
      config,
      log,
      signal: parts.signal,
      traces: parts.traces,
      memory: parts.memoryFor(name),
    })
  const returned = await limited(setUp(), label, 'setup')
  return {
    name,
    source,
    description: plugin.description ?? '',
    hooks: checkHooks(returned, label),
    log,
    counters: new Map(),
    onError: entry.onError,
    timeoutMs: entry.timeoutMs,
    matches: matcher(entry.match),
  }
}

async function importPlugin(file: string, label: string): Promise<unknown> {
  const loaded: { default?: unknown } = await limited(
    import(pluginUrl(file)),
    `${label} (${file})`,
    'loading',
  )
  return loaded.default
}

async function limited<T>(work: Promise<T>, label: string, step: string): Promise<T> {
  const late = (): GatewayError =>
    new GatewayError('plugin_invalid', {
      detail: `${label}: ${step} did not finish within ${LOAD_LIMIT_MS / 1000} s`,
    })
  try {
    return await withDeadline(work, LOAD_LIMIT_MS, late)
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown
    throw new GatewayError('plugin_invalid', {
      detail: `${label}: ${step} failed: ${explain(thrown)}`,
      cause: thrown,
    })
  }
}

/** Turns what Node says about an unloadable file into what to do about it. */
function explain(thrown: unknown): string {
  if (!(thrown instanceof Error)) return inspect(thrown, { breakLength: Infinity }).slice(0, 200)
  const code = (thrown as NodeJS.ErrnoException).code
  const first = (thrown.message.split('\n', 1)[0] ?? '').slice(0, 500)
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${first.trim()}; enums, namespaces and parameter properties are not supported in plugins, use \`as const\` objects and plain fields`
  }
  if (thrown instanceof SyntaxError || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    return `${thrown.name}: ${first}${placeOf(thrown)}; mend the file or take it off the \`plugins\` list`
  }
  if (code === 'ERR_MODULE_NOT_FOUND')
    return `${first}; install it beside the plugin, and write \`./file.ts\` with its extension`
  return `${thrown.name}: ${first}`
}

/** For a syntax error Node writes `file:line` at the top of the stack. */
function placeOf(error: Error): string {
  const line = /\.[cm]?[jt]s(?:\?\w+)?:(\d+)/.exec(error.stack ?? '')?.[1]
  return line ? ` (line ${line})` : ''
}
