import { GatewayError } from '../errors/index.ts'
import type { Identity } from '../ledger/index.ts'
import { isObject, type Json, type JsonObject } from '../plugin/index.ts'

/** What a call says about the cache in the field `cache` of its body, with LiteLLM's names. */
export interface CacheControls {
  /** Whether it takes part at all; null leaves that to the configuration. */
  readonly use: boolean | null
  /** The answer must be a new one. It is kept all the same. */
  readonly noCache: boolean
  /** The answer is not kept. */
  readonly noStore: boolean
  /** How long it is kept; null: as configured. */
  readonly ttlMs: number | null
  /** How old an answer may be; null: as old as there is one. */
  readonly maxAgeMs: number | null
  readonly namespace: string | null
}

const FIELDS: readonly string[] = [
  'use-cache',
  'no-cache',
  'no-store',
  'ttl',
  's-maxage',
  's-max-age',
  'namespace',
]

const LONGEST_NAMESPACE = 128
/** Ten years. Redis takes no number of milliseconds that has an exponent. */
const MOST_SECONDS = 315_360_000

/** @throws {GatewayError} `bad_body` with the field in `param` */
export function controlsOf(said: Json | undefined): CacheControls {
  const given = said ?? {}
  if (!isObject(given)) throw bad('cache', `must be an object with ${FIELDS.join(', ')}`)
  const unknown = Object.keys(given).find((name) => !FIELDS.includes(name))
  // A misspelt `no-cache` must not be answered from the cache.
  if (unknown !== undefined) {
    throw bad(`cache.${unknown.slice(0, 50)}`, `is not known; there is ${FIELDS.join(', ')}`)
  }
  return {
    use: flag(given, 'use-cache'),
    noCache: flag(given, 'no-cache') ?? false,
    noStore: flag(given, 'no-store') ?? false,
    ttlMs: milliseconds(given, 'ttl', 0.001),
    maxAgeMs: milliseconds(given, 's-maxage', 0) ?? milliseconds(given, 's-max-age', 0),
    namespace: namespaceIn(given),
  }
}

/**
 * Refuses what a key may not say about the cache: where it has `allowed_cache_controls`, only these.
 *
 * @throws {GatewayError} `cache_denied`
 */
export function checkControls(said: Json | undefined, identity: Identity): void {
  if (identity.role !== 'key' || !isObject(said)) return
  const allowed = identity.key.allowed_cache_controls
  const denied = Object.keys(said).find((name) => !allowed.includes(name))
  if (denied === undefined || allowed.length === 0) return
  throw new GatewayError('cache_denied', {
    param: `cache.${denied}`,
    detail: `\`${denied}\`; it may say ${allowed.join(', ')}`,
  })
}

/**
 * What the call's metadata says about the cache: `on` or `off`.
 *
 * @throws {GatewayError} `bad_metadata`
 */
export function useInMetadata({ cache }: JsonObject): boolean | null {
  if (cache === undefined || cache === null) return null
  if (cache === 'on' || cache === 'off') return cache === 'on'
  throw new GatewayError('bad_metadata', { param: 'cache', detail: '"cache" must be on or off' })
}

function flag(given: JsonObject, name: string): boolean | null {
  const value = given[name] ?? null
  if (value === null || typeof value === 'boolean') return value
  throw bad(`cache.${name}`, 'must be true or false')
}

/** Seconds, as they are said, in milliseconds. */
function milliseconds(given: JsonObject, name: string, least: number): number | null {
  const value = given[name] ?? null
  if (value === null) return null
  if (typeof value === 'number' && value >= least && value <= MOST_SECONDS) return value * 1_000
  throw bad(`cache.${name}`, `must be a number of seconds from ${least} to ${MOST_SECONDS}`)
}

function namespaceIn({ namespace = null }: JsonObject): string | null {
  if (namespace === null) return null
  if (typeof namespace === 'string' && namespace !== '' && namespace.length <= LONGEST_NAMESPACE) {
    return namespace
  }
  throw bad('cache.namespace', `must be a text of at most ${LONGEST_NAMESPACE} characters`)
}

function bad(param: string, detail: string): GatewayError {
  return new GatewayError('bad_body', { param, detail: `\`${param}\` ${detail}` })
}
