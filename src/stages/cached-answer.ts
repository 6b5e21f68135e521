import { setImmediate } from 'node:timers/promises'
import type { Context } from 'koa'
import { GatewayError } from '../errors/index.ts'
import type { Attempt, Upstream, UpstreamInfo } from '../plugin/index.ts'
import type { CachedReply } from '../shared/index.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import type { Answer } from './ask-model.ts'
import { shape } from './attempt.ts'
import { askedBeyond } from './cache-key.ts'
import { cacheUseOf, keyed, type CacheUse } from './cache-use.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import type { Plan } from './plan.ts'

/** A stored body is carried in pieces of this size; between them other calls get their turn. */
const PIECE_BYTES = 65_536

/**
 * The answer that an earlier call with the same question got from its upstream; null when there is none,
 * so that one is asked. Only what that upstream would be asked now counts as the same question: its
 * settings and the `attempt` hooks are heard again, which also tells plugins what they have to hide.
 *
 * @throws {GatewayError} `bad_body`, `bad_metadata` where the call says what cannot be about the cache;
 * what `attempt` hooks throw; the call's own error when it ends before
 */
export async function cachedAnswer(
  exchange: Exchange,
  plan: Plan,
  parts: Parts,
): Promise<Answer | null> {
  const { cache, meter, upstreams } = parts
  const use = cacheUseOf(exchange, plan, parts)
  exchange.cache = use
  if (!cache || !use || use.maxAgeMs === 0 || !upstreams.serves(plan.model)) return null
  const found = await unlessAborted(cache.replies.get(use.key), exchange.call.signal)
  const answer = found && isYoung(found, use) && (await answerAgain(exchange, use, found, parts))
  meter.lookedUp(answer ? 'hit' : 'miss')
  return answer || null
}

/** Says whether the answer is one that was given before, and by what name it can be forgotten. */
export function tellCache(ctx: Context, { cache }: Exchange): void {
  if (!cache) return
  ctx.set({ 'x-sluice-cache': cache.hit ? 'hit' : 'miss', 'x-litellm-cache-key': cache.key })
}

async function answerAgain(
  exchange: Exchange,
  use: CacheUse,
  found: CachedReply,
  parts: Parts,
): Promise<Answer | null> {
  const upstream = found.upstream as UpstreamInfo
  const attempt: Attempt = { index: exchange.attempts.length, upstream }
  await shape(exchange, attempt, asKnownHere(upstream, parts), parts)
  const sent = keyed(exchange.sentParams, exchange, parts)
  if (askedBeyond(use.question, sent) !== found.asked) return null
  exchange.cache = { ...use, hit: true, stored_at: found.storedAt, keeping: null }
  exchange.upstream = upstream
  exchange.weightVersion = parts.weights.current
  const { status, contentType, body } = found
  const headers = contentType === null ? {} : { 'content-type': contentType }
  return { reply: { status, headers, body: piecesOf(body) }, attempt }
}

function isYoung({ storedAt }: CachedReply, { maxAgeMs }: CacheUse): boolean {
  return maxAgeMs === null || Date.now() - storedAt < maxAgeMs
}

/**
 * The upstream of an answer with what this gateway has agreed with it. One that is not of this gateway,
 * or not any more, is a stranger with whom nothing is agreed; it is never sent to.
 */
function asKnownHere(info: UpstreamInfo, { upstreams }: Parts): Upstream {
  const known = upstreams.list().find(({ name }) => name === info.name)
  if (known) return known
  const send = (): Promise<never> => Promise.reject(new GatewayError('no_upstream'))
  return { ...info, healthy: false, inFlight: 0, models: null, send }
}

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    if (at > 0) await setImmediate()
    yield body.subarray(at, at + PIECE_BYTES)
  }
}
