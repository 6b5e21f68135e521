import { invalid, rewritten, type ConfigDocument, type Origin, type Path } from './document.ts'
import type { Environment } from './interpolate.ts'
import { singleServer } from './litellm/index.ts'
import { upstreamOfWorker } from './worker.ts'

/** What the command line and the environment can set, each over the configuration file. */
export interface Flags {
  readonly host?: string
  readonly port?: number
  readonly log_level?: string
  readonly store?: string
  readonly db_path?: string
  readonly state_dir?: string
  readonly model?: string
  readonly project?: string
  readonly admin_token?: string
  /** Upstream URLs; given ones replace those of the file. */
  readonly workers?: readonly string[]
  /** The one server, with the API that a prefix of the model's name says. */
  readonly api_base?: string
  /** Have logprobs asked for everywhere. */
  readonly add_logprobs?: boolean
  /** Have token ids asked for, also where the plugin's settings say off. */
  readonly add_return_token_ids?: boolean
}

/** One source of settings, and how an error names the one that gave a wrong value. */
export interface Layer {
  readonly values: Flags
  readonly nameOf: (key: keyof Flags) => string
}

/** Where in the file's shape a flag's value goes. */
const PATHS = {
  host: ['host'],
  port: ['port'],
  log_level: ['log_level'],
  store: ['store', 'kind'],
  db_path: ['store', 'path'],
  state_dir: ['state_dir'],
  model: ['model'],
  project: ['project'],
  admin_token: ['admin_token'],
  workers: ['upstreams'],
} as const satisfies Partial<Record<keyof Flags, Path>>

/** Reads `SLUICE_*`, else `RLLM_GATEWAY_*`, and `LITELLM_LOG` as the last for the log level. An empty variable counts as not set. */
export function fromEnvironment(env: Environment): Layer {
  const names = (key: string): readonly string[] => [
    `SLUICE_${key.toUpperCase()}`,
    ...(SHARED_WITH_RLLM.includes(key) ? [`RLLM_GATEWAY_${key.toUpperCase()}`] : []),
    ...(key === 'log_level' ? ['LITELLM_LOG'] : []),
  ]
  const nameOf = (key: string): string => names(key).find((name) => env[name]) ?? ''
  const text = (key: string): string | undefined => env[nameOf(key)] || undefined
  const values = withoutUndefined({
    host: text('host'),
    port: toPort(text('port'), nameOf('port')),
    log_level: text('log_level'),
    store: text('store'),
    db_path: text('db_path'),
    state_dir: text('state_dir'),
    model: text('model'),
    project: text('project'),
    admin_token: text('admin_token'),
    workers: text('workers')
      ?.split(',')
      .map((url) => url.trim())
      .filter((url) => url !== ''),
  })
  return { values, nameOf }
}

const SHARED_WITH_RLLM: readonly string[] = ['host', 'port', 'db_path', 'log_level', 'store']

/** The command line's flags, named as they are typed. */
export function fromFlags(flags: Flags): Layer {
  return {
    values: withoutUndefined(flags),
    nameOf: (key) => (key === 'workers' ? '--worker' : `--${key.replaceAll('_', '-')}`),
  }
}

/** A port number from text. @throws GatewayError `config_invalid` naming where it came from */
export function toPort(value: string | undefined, where: string): number | undefined {
  if (value === undefined) return undefined
  const port = Number(value)
  if (!/^\d+$/.test(value) || port > 65_535)
    throw invalid(`${where} must be a port from 0 to 65535, not "${value}"`)
  return port
}

/** The file's values under those of the layers, the last of which wins; keys of servers are in `env`. */
export function merge(
  document: ConfigDocument,
  env: Environment,
  ...layers: readonly Layer[]
): ConfigDocument {
  const values = { ...document.values }
  // The last layer first: the first origin that fits a path is the one that counts.
  const origins: Origin[] = []
  for (const { values: given, nameOf } of layers) {
    for (const [key, path] of Object.entries(PATHS) as [keyof typeof PATHS, Path][]) {
      const value = given[key]
      if (value === undefined) continue
      put(values, path, key === 'workers' ? (given.workers ?? []).map(asUpstream) : value)
      origins.unshift({ path, from: nameOf(key) })
    }
    if (given.api_base === undefined) continue
    Object.assign(values, singleServer(given.api_base, given.model, env))
    origins.unshift({ path: ['upstreams'], from: nameOf('api_base') })
  }
  return rewritten(document, values, origins)
}

function asUpstream(url: string): object {
  return upstreamOfWorker({ url })
}

/** Sets a value at a path of one or two keys, without writing into what the file gave. */
function put(values: Record<string, unknown>, [key, inner]: Path, value: unknown): void {
  if (key === undefined) return
  values[key] =
    inner === undefined ? value : { ...(values[key] as object | undefined), [inner]: value }
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as never
}
