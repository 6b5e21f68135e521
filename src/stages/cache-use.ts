import type { JsonObject, TraceCache } from '../plugin/index.ts'
import { checkControls, controlsOf, useInMetadata, type CacheControls } from './cache-controls.ts'
import type { RequestBody } from './body.ts'
import { cacheKey, type Question } from './cache-key.ts'
import type { CacheParts } from './cache-settings.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import { LITELLM_FIELDS, type Plan } from './plan.ts'

/** What the cache has to do with a call. */
export interface CacheUse extends TraceCache {
  readonly question: Question
  /** How old an answer may be, in milliseconds; null takes any, 0 and below none. */
  readonly maxAgeMs: number | null
  /** How long the answer is kept; null where it is not. */
  readonly keeping: { readonly ttlMs: number | null } | null
}

/** Headers by which a caller chooses another behaviour of an API. */
const TELLING_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const

/** Params that make an answer a part of what its server keeps: given again, it would not be there. */
const STATEFUL: readonly string[] = ['background', 'conversation']

/**
 * Finds out what the cache has to do with a call, and takes what the call says about it out of its
 * params. Null where it has nothing to do with it.
 *
 * @throws {GatewayError} `bad_body`, `bad_metadata`, `cache_denied` where the call says what
 * cannot be, or its key may not
 */
export function cacheUseOf(exchange: Exchange, { tags }: Plan, parts: Parts): CacheUse | null {
  const { cache, weights, forwarding } = parts
  const { call, body } = exchange
  if (!cache || call.method !== 'POST' || !body.json || call.dialect === 'other') return null
  const controls = takeControls(exchange)
  const wish = controls.use ?? wishInMetadata(exchange)
  // Samples of a session are for training: n of them must be n, unless it asks otherwise.
  const isUsed = wish ?? (cache.mode === 'all' && !exchange.scoped)
  if (!isUsed || !cache.dialects.includes(call.dialect)) return null
  if (controls.noCache && controls.noStore) return null
  if (STATEFUL.some((name) => Boolean(exchange.params[name])) || isAmbiguous(body)) return null
  const question: Question = {
    target: `${call.dialect} ${exchange.path}`,
    namespace: controls.namespace ?? cache.namespace,
    params: keyed({ ...exchange.params, model: exchange.routing.model }, exchange, parts),
    headers: tellingHeaders(exchange),
    tags: forwarding.choosesByTags ? tags.toSorted() : [],
    weightVersion: weights.current,
  }
  const key = cacheKey(question, body)
  return { key, hit: false, stored_at: null, question, ...termsOf(controls, cache) }
}

/** True for a body that says a param twice: which of the two counts, each server has its own view. */
function isAmbiguous({ json, members }: RequestBody): boolean {
  return json !== null && members.length > Object.keys(json).length
}

/** The params that an answer depends on: without those that steer the gateway. */
export function keyed(
  params: JsonObject,
  { call }: Exchange,
  { forwarding }: Pick<Parts, 'forwarding'>,
): JsonObject {
  const kept = Object.entries(params).filter(([name]) => {
    // Labels for whoever reads logs. OpenAI's responses say them back.
    if (name === 'metadata') return call.dialect === 'responses'
    if (!forwarding.litellm) return true
    return !LITELLM_FIELDS.includes(name) && !name.startsWith('litellm_')
  })
  return Object.fromEntries(kept)
}

function termsOf(
  { noCache, noStore, ttlMs, maxAgeMs }: CacheControls,
  cache: CacheParts,
): Pick<CacheUse, 'maxAgeMs' | 'keeping'> {
  return {
    maxAgeMs: noCache ? 0 : maxAgeMs,
    keeping: noStore ? null : { ttlMs: ttlMs ?? cache.ttlMs },
  }
}

function takeControls(exchange: Exchange): CacheControls {
  const { cache: said, ...params } = exchange.params
  const controls = controlsOf(said ?? undefined)
  checkControls(said, exchange.identity)
  if (said !== undefined) {
    exchange.params = params
    exchange.changes.push({ plugin: 'sluice', hook: 'cache', keys: ['cache'] })
  }
  return controls
}

/** In metadata a call says what `use-cache` says in its body, if its key may say that. */
function wishInMetadata({ call, identity }: Exchange): boolean | null {
  const wish = useInMetadata(call.metadata)
  if (wish !== null) checkControls({ 'use-cache': wish }, identity)
  return wish
}

function tellingHeaders({ call }: Exchange): JsonObject {
  const said = TELLING_HEADERS.filter((name) => call.headers[name] !== undefined)
  return Object.fromEntries(said.map((name) => [name, call.headers[name]]))
}
