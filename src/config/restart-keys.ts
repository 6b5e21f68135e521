import { isDeepStrictEqual } from 'node:util'
import type { Config } from './schema.ts'

/** What a running gateway can take over. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'upstreams',
  'model',
  'project',
  'admin_token',
  'keys',
  'metrics_auth',
])

/** The top-level keys in which two configurations differ and which only a restart changes, sorted. */
export function restartKeys(before: Config, after: Config): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  const valueOf = (config: Config, key: string): unknown => config[key as keyof Config]
  return [...keys]
    .filter((key) => !CHANGEABLE.has(key))
    .filter((key) => !isDeepStrictEqual(valueOf(before, key), valueOf(after, key)))
    .toSorted()
}
