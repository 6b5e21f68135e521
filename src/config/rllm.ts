import { refuseCumulativeTokenMode } from './cumulative.ts'
import { invalid, rewritten, type ConfigDocument, type Origin, type Values } from './document.ts'
import type { Wish } from './injection.ts'
import { upstreamOfWorker } from './worker.ts'

/** The flat keys that only rLLM's gateway has. A file with one of them is read with rLLM's defaults. */
export const RLLM_KEYS = [
  'workers',
  'db_path',
  'store_worker',
  'add_logprobs',
  'add_return_token_ids',
  'strip_vllm_fields',
  'routing_policy',
  'health_check_interval',
  'sync_traces',
  'cumulative_token_mode',
  'renderer_family',
] as const

/** Keys of both gateways that rLLM's writes as null where they are not set. */
const NULLABLE: readonly string[] = ['host', 'port', 'log_level', 'model', 'store']

type RllmKey = (typeof RLLM_KEYS)[number]

/** What the file of rLLM's gateway says, in this gateway's keys. */
export interface FromRllm {
  readonly document: ConfigDocument
  readonly wishes: readonly Wish[]
}

/**
 * Reads the flat keys of rLLM's gateway where a file has them; keys of both may stand side by side.
 * `null` counts as not set, as in Python.
 *
 * @throws GatewayError `config_invalid` for what cannot be done here, and for what is said twice
 */
export function adaptRllm(document: ConfigDocument): FromRllm {
  const { values } = document
  const theirs: readonly string[] = RLLM_KEYS
  const ours = Object.fromEntries(
    Object.entries(values).filter(
      ([key, value]) => !theirs.includes(key) && !(value === null && NULLABLE.includes(key)),
    ),
  )
  const isTheirs = theirs.some((key) => key in values) || typeof values['store'] === 'string'
  if (!isTheirs) return { document: rewritten(document, ours, []), wishes: [] }
  refuseWhatIsMissing(document)
  const origins: Origin[] = []
  const moved = [
    moveStore(document, ours, origins),
    moveHealth(document, origins),
    moveWorkers(document, ours, origins),
  ]
  return {
    document: rewritten(document, Object.assign(ours, ...moved), origins),
    wishes: wishesOf(document),
  }
}

function refuseWhatIsMissing(document: ConfigDocument): void {
  if (flag(document, 'cumulative_token_mode') === true) {
    refuseCumulativeTokenMode(where(document, 'cumulative_token_mode'))
  }
  const { renderer_family: family, routing_policy: policy } = document.values
  if (family !== undefined && family !== null && family !== 'auto') {
    refuseCumulativeTokenMode(where(document, 'renderer_family'))
  }
  if (policy !== undefined && policy !== null && policy !== '') {
    throw invalid(
      `${where(document, 'routing_policy')}: ${JSON.stringify(policy)} is Python, which cannot run here; ` +
        'write a plugin with an `upstream` hook instead',
    )
  }
}

function moveStore(document: ConfigDocument, ours: Values, origins: Origin[]): Values {
  const { store, db_path: path, store_worker: worker } = document.values
  const moved = { ...(typeof store === 'object' ? store : {}) } as Values
  const move = (key: 'kind' | 'path', from: string, value: unknown): void => {
    if (value === undefined || value === null) return
    if (moved[key] !== undefined) {
      const other = typeof store === 'string' ? ['store'] : ['store', key]
      throw twice(document, [from], other)
    }
    moved[key] = value
    origins.push({ path: ['store', key], from: [from] })
  }
  if (typeof store === 'string') move('kind', 'store', store)
  move('kind', 'store_worker', worker)
  move('path', 'db_path', path)
  return Object.keys(moved).length > 0 ? { store: moved } : {}
}

function moveHealth(document: ConfigDocument, origins: Origin[]): Values {
  const { health, health_check_interval: seconds } = document.values
  if (seconds === undefined || seconds === null) return {}
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw invalid(`${where(document, 'health_check_interval')} must be a number of seconds`)
  }
  const said = { ...(health as object | undefined) } as Values
  if (said['interval_ms'] !== undefined) {
    throw twice(document, ['health_check_interval'], ['health', 'interval_ms'])
  }
  origins.push({ path: ['health', 'interval_ms'], from: ['health_check_interval'] })
  return { health: { ...said, interval_ms: Math.round(seconds * 1000) } }
}

function moveWorkers(document: ConfigDocument, ours: Values, origins: Origin[]): Values {
  const { workers } = document.values
  if (workers === undefined || workers === null) return {}
  if (!Array.isArray(workers)) throw invalid(`${where(document, 'workers')} must be a list`)
  const upstreams = ours['upstreams'] ?? []
  // What is wrong with a list that is none is told by the check of the schema.
  if (!Array.isArray(upstreams)) return {}
  const added = workers.map((worker: unknown, index) => {
    origins.push({ path: ['upstreams', upstreams.length + index], from: ['workers', index] })
    if (typeof worker === 'string') return upstreamOfWorker({ url: worker })
    if (typeof worker !== 'object' || worker === null || Array.isArray(worker)) return worker
    return upstreamOfWorker(
      Object.fromEntries(Object.entries(worker).filter(([, value]) => value !== null)),
    )
  })
  return { upstreams: [...(upstreams as unknown[]), ...added] }
}

function wishesOf(document: ConfigDocument): readonly Wish[] {
  const logprobs = flag(document, 'add_logprobs')
  const tokenIds = flag(document, 'add_return_token_ids')
  const strip = flag(document, 'strip_vllm_fields')
  const wish = (key: RllmKey, setting: Wish['setting'], value: string): Wish => ({
    setting,
    value,
    where: where(document, key),
    force: (document.values[key] ?? null) === null ? 'implied' : 'written',
  })
  return [
    ...(logprobs === undefined
      ? []
      : [wish('add_logprobs', 'logprobs', logprobs ? 'auto' : 'off')]),
    ...(tokenIds === undefined
      ? []
      : [wish('add_return_token_ids', 'tokenIds', tokenIds ? 'auto' : 'off')]),
    wish('strip_vllm_fields', 'strip', strip === false ? 'none' : 'vllm'),
  ]
}

/** A switch, also as Python's YAML reads one. */
function flag(document: ConfigDocument, key: RllmKey): boolean | undefined {
  const value = document.values[key]
  if (value === undefined || value === null) return undefined
  if (value === true || (typeof value === 'string' && /^(?:true|yes|on)$/i.test(value))) return true
  if (value === false || (typeof value === 'string' && /^(?:false|no|off)$/i.test(value))) {
    return false
  }
  throw invalid(`${where(document, key)} must be true or false`)
}

function where(document: ConfigDocument, key: RllmKey): string {
  return `${document.placeOf([key])} ${key}`
}

function twice(document: ConfigDocument, one: readonly string[], other: readonly string[]): Error {
  return invalid(
    `${document.placeOf(one)} ${one.join('.')} and ${other.join('.')} (${document.placeOf(other)}) say the ` +
      'same thing; keep one',
  )
}
