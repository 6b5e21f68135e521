import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { homedir } from 'node:os'
import { basename, extname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GatewayError } from '../errors/index.ts'
import { nearest } from '../util/nearest.ts'
import type { Match } from './seat.ts'

/** One entry of the `plugins` list. */
export interface PluginEntry {
  /** A name in the plugin folder, a path, or a package name. */
  readonly use: string
  readonly as?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly onError?: 'fail' | 'skip'
  readonly timeoutMs?: number
  readonly match?: Match
}

/** Where plugin names and paths are looked up. */
export interface PluginPlaces {
  /** The team's own folder; looked into first. */
  readonly folder: string
  /** What relative paths are relative to. */
  readonly base: string
}

/**
 * The built-ins in their order: tracing stands outermost, so that on the way back it assembles the
 * record after everyone else has added to it; injection hides what it added after all inner taps
 * have seen it.
 */
export const BUILT_IN = [
  'tracing',
  'parameter-injection',
  'logprob-extraction',
  'stream-accumulator',
] as const

const OWN_FOLDER = fileURLToPath(new URL('../../plugins', import.meta.url))

/** The file behind an entry. Throws `plugin_invalid` naming every place that was tried. */
export function findPlugin(entry: PluginEntry, places: PluginPlaces): string {
  if (/^[.~/]|[\\/]|\.[cm]?[jt]s$/.test(entry.use) && !entry.use.startsWith('@')) {
    const named = entry.use.replace(/^~(?=\/)/, homedir())
    const path = isAbsolute(named) ? named : resolve(places.base, named)
    const found = fileAt(path)
    if (found) return found
    throw new GatewayError('plugin_invalid', {
      detail: `plugin "${entry.use}": there is no file ${path}; paths are relative to ${places.base}`,
    })
  }
  for (const folder of [places.folder, OWN_FOLDER]) {
    const found = fileAt(join(folder, entry.use))
    if (found) return found
  }
  const installed = packageAt(entry.use, places.base)
  if (installed) return installed
  const near = nearest(entry.use, [...namesIn(places.folder), ...namesIn(OWN_FOLDER)])
  throw new GatewayError('plugin_invalid', {
    detail: `plugin "${entry.use}" was not found in ${places.folder}, nor as a package${near ? `; did you mean "${near}"?` : ''}`,
  })
}

/** The entries that `plugins: auto` stands for: the built-ins, then whatever lies in the folder. */
export function discover(places: PluginPlaces): PluginEntry[] {
  const own: readonly string[] = BUILT_IN
  const dropped = namesIn(places.folder).filter((name) => !own.includes(name))
  return [...own, ...dropped].map((use) => ({ use }))
}

function fileAt(path: string): string | undefined {
  const tries = extname(path) ? [path] : []
  for (const end of ['ts', 'js', 'mjs']) tries.push(`${path}.${end}`, join(path, `index.${end}`))
  return tries.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
}

/** The entry file of a package that is installed where the gateway runs. */
function packageAt(name: string, base: string): string | undefined {
  if (isBuiltin(name)) return undefined
  try {
    return createRequire(join(base, 'package.json')).resolve(name)
  } catch {
    return undefined // Not installed; the caller names the places that were tried.
  }
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    if (item.name.startsWith('.') || item.name.endsWith('.d.ts')) return []
    if (item.isDirectory()) return fileAt(join(folder, item.name)) ? [item.name] : []
    return /\.(ts|js|mjs)$/.test(item.name) ? [basename(item.name, extname(item.name))] : []
  })
  return [...new Set(names)].toSorted()
}
