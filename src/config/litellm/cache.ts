import { isObject } from '../../plugin/index.ts'
import type { Path, Values } from '../document.ts'
import type { Draft } from './draft.ts'
import { all, elsewhere, later, moved, read, readKeys, tableOf } from './rows.ts'
import {
  asksNothing,
  count,
  deadline,
  faultOf,
  flag,
  text,
  texts,
  whole,
  type Said,
} from './values.ts'

/** Kinds of calls of LiteLLM as the API they use. It caches a few more. */
const DIALECTS: ReadonlyMap<string, string> = new Map([
  ['completion', 'chat'],
  ['acompletion', 'chat'],
  ['text_completion', 'completions'],
  ['atext_completion', 'completions'],
  ['embedding', 'embeddings'],
  ['aembedding', 'embeddings'],
  ['responses', 'responses'],
  ['aresponses', 'responses'],
  ['anthropic_messages', 'messages'],
])

/** The keys of `cache_params`. */
export const CACHE_PARAMS = tableOf({
  type: elsewhere,
  ttl: moved(['cache', 'ttl_ms'], deadline),
  default_in_memory_ttl: elsewhere,
  default_in_redis_ttl: elsewhere,
  namespace: moved(['cache', 'namespace'], text),
  mode: moved(['cache', 'mode'], modeOf),
  supported_call_types: read(readCallTypes),
  host: moved(['redis', 'host'], text),
  port: moved(['redis', 'port'], count),
  url: moved(['redis', 'url'], text),
  username: moved(['redis', 'username'], text),
  password: moved(['redis', 'password'], text),
  ssl: moved(['redis', 'tls'], flag),
  db: moved(['redis', 'db'], (said) => whole(said)),
  ...all(
    [
      'max_connections',
      'redis_startup_nodes',
      'service_name',
      'sentinel_nodes',
      'sentinel_password',
      'similarity_threshold',
    ],
    later(),
  ),
})

const SETTINGS: Path = ['litellm_settings']

/**
 * Reads what `litellm_settings` says about the cache: `cache`, `cache_params`, and the `cache_type` and
 * `cache_kwargs.ttl` that are sometimes written in their place. Where `cache_params` says the same, it counts.
 */
export function readCache(draft: Draft, settings: Values): void {
  const paramsPath = [...SETTINGS, 'cache_params']
  const params = section(draft, paramsPath, settings['cache_params'])
  const kwargs = section(draft, [...SETTINGS, 'cache_kwargs'], settings['cache_kwargs'])
  const typePath = 'type' in params ? [...paramsPath, 'type'] : [...SETTINGS, 'cache_type']
  const type = params['type'] ?? settings['cache_type'] ?? undefined
  if ('ttl' in params && 'ttl' in kwargs && params['ttl'] !== kwargs['ttl']) {
    draft.warn([...SETTINGS, 'cache_kwargs', 'ttl'], 'is not used: cache_params.ttl counts')
  }
  readKeys(draft, [...SETTINGS, 'cache_kwargs'], kwargs, tableOf({ ttl: CACHE_TTL }))
  const kind = kindOf(draft, type, typePath, params)
  const shorter = kind === 'redis' ? 'default_in_redis_ttl' : 'default_in_memory_ttl'
  readKeys(draft, paramsPath, { [shorter]: params[shorter] }, tableOf({ [shorter]: CACHE_TTL }))
  readKeys(draft, paramsPath, params, CACHE_PARAMS)
  const isOn = flag({
    value: settings['cache'] ?? false,
    path: [...SETTINGS, 'cache'],
    target: draft,
  })
  if (!isOn || kind === null) return
  draft.put(['cache', 'kind'], kind, type === undefined ? [...SETTINGS, 'cache'] : typePath)
  if (kind === 'redis') readRedisVariables(draft)
}

const CACHE_TTL = moved(['cache', 'ttl_ms'], deadline)

function section(draft: Draft, path: Path, value: unknown): Values {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw faultOf({ value, path, target: draft }, 'must hold keys and values')
  return value
}

/** Null for a kind that is not there. Without a type, Redis is used where one is named. */
function kindOf(
  draft: Draft,
  type: unknown,
  path: Path,
  params: Values,
): 'memory' | 'redis' | null {
  const { REDIS_HOST: host, REDIS_URL: url } = draft.env
  if (type === undefined) return 'host' in params || host || url ? 'redis' : 'memory'
  if (type === 'redis') return 'redis'
  if (type === 'local' || type === 'memory') return 'memory'
  if (!asksNothing(type)) draft.warn(path, `is read but not used yet: nothing is cached`)
  return null
}

function modeOf(said: Said): string {
  if (said.value === 'default_on') return 'all'
  if (said.value === 'default_off') return 'asked'
  throw faultOf(said, 'must be default_on or default_off')
}

function readCallTypes(said: Said): void {
  const types = Array.isArray(said.value) && said.value.length === 0 ? [] : texts(said)
  const found = new Set<string>()
  for (const type of types) {
    const dialect = DIALECTS.get(type)
    if (dialect === undefined)
      said.target.warn(said.path, `holds ${type}, which is not cached here`)
    else found.add(dialect)
  }
  said.target.put(['cache', 'dialects'], [...found], said.path)
}

/** Where the Redis of the cache is, if no key says it. */
function readRedisVariables(draft: Draft): void {
  if (draft.at(['redis']) !== undefined) return
  const { REDIS_URL: url, REDIS_HOST: host, REDIS_PORT: port } = draft.env
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password } = draft.env
  const given = { url, host, port, username, password }
  for (const [key, value] of Object.entries(given)) {
    if (value)
      draft.put(['redis', key], key === 'port' ? Number(value) : value, ['litellm_settings'])
  }
}
