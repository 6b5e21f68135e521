import type { FullTrace, Upstream } from '../plugin/index.ts'
import { forwardable } from '../wire/headers.ts'
import { dropOwnSecrets } from './attempt.ts'
import { askedBeyond } from './cache-key.ts'
import { keyed } from './cache-use.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** What a reply may be complete in spite of; given again, it would be as odd as it was. */
const ODD: readonly string[] = ['choices_missing', 'data_after_done']

/**
 * Keeps the answer of a call whose trace is committed, as its upstream sent it, for the next call with
 * the same question. Never rejects.
 */
export async function keepAnswer(
  exchange: Exchange,
  trace: FullTrace,
  parts: Parts,
): Promise<void> {
  const { cache: use, upstream, contentType } = exchange
  const { cache } = parts
  if (!cache || !use?.keeping || !upstream) return
  const body = trace.wire.response
  if (body.length > cache.maxReplyBytes) return
  if (!isWhole(trace) || !isForEveryone(exchange, parts)) return
  if (hasNewWeights(exchange, trace, parts)) return
  const { name, kind, url, simulated } = upstream
  await cache.replies.set(
    use.key,
    {
      storedAt: Date.now(),
      status: 200,
      contentType,
      body,
      upstream: { name, kind, url, simulated },
      asked: askedBeyond(use.question, keyed(exchange.sentParams, exchange, parts)),
      cost: trace.cost,
    },
    use.keeping.ttlMs,
  )
}

/** True for an answer that ended as its dialect ends, with nothing odd about it. */
function isWhole({ status, reason, http_status: http, warnings }: FullTrace): boolean {
  if (status !== 'complete' || reason !== null || http !== 200) return false
  return !warnings.some((warning) => ODD.includes(warning))
}

/**
 * False for what only this caller may have, or only now: an answer that a plugin made, one for which the
 * caller's own key was shown, one of a model that stood in for another.
 */
function isForEveryone(exchange: Exchange, parts: Parts): boolean {
  const { upstream, requestHeaders, routing } = exchange
  if (routing.fallbacks > 0 || !parts.upstreams.owns(upstream as Upstream)) return false
  if (upstream === null) return false
  const isShown = 'passAuthorization' in upstream && upstream.passAuthorization === true
  if (!isShown) return true
  const all = forwardable(requestHeaders, { passAuthorization: true })
  dropOwnSecrets(all, exchange, parts)
  const open = forwardable(requestHeaders, { passAuthorization: false })
  dropOwnSecrets(open, exchange, parts)
  return Object.keys(all).length === Object.keys(open).length
}

/** True when the answer is not, or not all, of the weights that its question was for. */
function hasNewWeights(
  { cache, weightVersion }: Exchange,
  { weight_version: first, weight_version_end: last }: FullTrace,
  { weights }: Parts,
): boolean {
  const asked = cache?.question.weightVersion ?? null
  return weightVersion !== asked || weights.current !== asked || first !== last
}
