import { invalid } from './document.ts'
import type { Environment } from './interpolate.ts'

/** What the command line and the environment can set, each over the configuration file. */
export interface Flags {
  readonly host?: string
  readonly port?: number
  readonly log_level?: string
  readonly store?: string
  readonly db_path?: string
  readonly state_dir?: string
  /** Upstream URLs; given ones replace those of the file. */
  readonly workers?: readonly string[]
}

/** Reads `SLUICE_*`. An empty variable counts as not set. */
export function fromEnvironment(env: Environment): Flags {
  const text = (name: string): string | undefined => env[`SLUICE_${name}`] || undefined
  const workers = text('WORKERS')
    ?.split(',')
    .map((url) => url.trim())
  return withoutUndefined({
    host: text('HOST'),
    port: toPort(text('PORT'), 'SLUICE_PORT'),
    log_level: text('LOG_LEVEL'),
    store: text('STORE'),
    db_path: text('DB_PATH'),
    state_dir: text('STATE_DIR'),
    workers,
  })
}

/** A port number from text. @throws GatewayError `config_invalid` naming where it came from */
export function toPort(value: string | undefined, where: string): number | undefined {
  if (value === undefined) return undefined
  const port = Number(value)
  if (!/^\d+$/.test(value) || port > 65_535)
    throw invalid(`${where} must be a port from 0 to 65535, not "${value}"`)
  return port
}

/** The file's values under those of the layers, the last of which wins. */
export function merge(
  values: Record<string, unknown>,
  ...layers: readonly Flags[]
): Record<string, unknown> {
  const merged = { ...values }
  for (const layer of layers) {
    const { store, db_path: path, workers, ...plain } = layer
    Object.assign(merged, plain)
    if (store !== undefined || path !== undefined) {
      merged['store'] = {
        ...(merged['store'] as object | undefined),
        ...withoutUndefined({ kind: store, path }),
      }
    }
    if (workers !== undefined) merged['upstreams'] = workers.map((url) => ({ url }))
  }
  return merged
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as never
}
