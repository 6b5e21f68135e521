import { Readable } from 'node:stream'
import type { Context, Middleware } from 'koa'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import type { WeightVersion } from '../shared/index.ts'
import { admit, NOTHING, settle } from './admission.ts'
import type { Answer } from './ask-model.ts'
import { cachedAnswer, tellCache } from './cached-answer.ts'
import type { CallState } from './call-state.ts'
import { commit } from './commit.ts'
import { tellCost } from './cost.ts'
import { openExchange, type Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import { askedBy } from './metering.ts'
import { tellLimits } from './limit-headers.ts'
import { checkModels } from './model-access.ts'
import { createOutlet } from './outlet.ts'
import type { Parts } from './parts.ts'
import { planOf, type Plan } from './plan.ts'
import { presetParams } from './preset-params.ts'
import { createRecorder } from './recorder.ts'
import { answerAgain, earlierAnswer } from './repeat.ts'
import { carry } from './reply.ts'
import { route } from './route.ts'
import { tellAnswer } from './tell-answer.ts'
import { tellRouting } from './tell-routing.ts'
import { weightHeader } from './weight-versions.ts'

/** One model call, from its params to its trace. The gateway is this function and what it names. */
export function modelCall(parts: Parts): Middleware<CallState> {
  return async function modelCall(ctx) {
    const exchange = openExchange(ctx as never, modelOf(ctx.state))
    ctx.state.exchange = exchange
    parts.calls.add(exchange)

    const deadline = setTimeout(
      () => exchange.abort(new GatewayError('deadline')),
      parts.timeouts.totalMs,
    )
    // Fires exactly once, however the call ends: done, refused, upstream died, client left.
    ctx.res.once('close', () => {
      clearTimeout(deadline)
      if (!ctx.res.writableFinished) exchange.abort(new GatewayError('client_closed'))
      parts.calls.remove(exchange)
    })
    // The outlet watches the caller as long as there is something to hand over. What was handed over
    // may still be waiting for a caller that has stopped reading.
    ctx.res.once('prefinish', () => {
      ctx.res.setTimeout(parts.timeouts.clientStallMs, () => ctx.res.destroy())
    })

    try {
      await parts.turnstile.enter(exchange)
      const earlier = await earlierAnswer(exchange, parts)
      if (earlier) {
        parts.turnstile.leave(exchange)
        tellWeights(ctx, earlier.trace.weight_version)
        answerAgain(ctx, earlier, parts)
        return parts.meter.repeated(ctx.status, askedBy(ctx.state))
      }
      await presetParams(exchange, parts)
      const { params, changes } = await parts.host.params(exchange.params, exchange.call)
      exchange.params = params
      exchange.changes.push(...changes)
      const plan = planOf(exchange, parts.forwarding)
      exchange.routing.model = plan.model
      checkModels(exchange, plan)
      exchange.routing.timeoutMs = plan.timeoutMs
      await admit(exchange, plan, parts)
      const fetchAnswer = await findAnswer(exchange, plan, parts)
      await declare(exchange, parts)
      // Not before: an id in an answer is a promise that there is a trace.
      if (exchange.declared && parts.host.saves(exchange.call))
        ctx.set({ 'x-trace-id': exchange.call.id, 'x-trace-durability': parts.durability })
      const answer = await fetchAnswer().finally(() => tellRouting(ctx, exchange, parts))
      tellWeights(ctx, exchange.weightVersion)
      exchange.httpStatus = answer.reply.status
      exchange.contentType = answer.reply.headers['content-type'] ?? null
      const outlet = createOutlet(parts.timeouts.clientStallMs)
      const carried = carry(exchange, answer, outlet, parts)
      parts.calls.background(carried.finally(() => leave(exchange, parts)))
      const body = await outlet.opened
      ctx.status = answer.reply.status
      setHeaders(ctx, answer.reply.headers, parts.host.headers(answer.reply.headers, exchange.call))
      tellAnswer(ctx, exchange, answer.reply.headers, parts)
      tellLimits(ctx, exchange, parts)
      tellCost(ctx, exchange, parts)
      tellCache(ctx, exchange)
      if (body === null) {
        ctx.respond = false
        outlet.attach(ctx.res)
        return
      }
      // Koa would say that the body which HEAD does not get has 0 bytes; nobody knows.
      ctx.body = ctx.method === 'HEAD' ? Readable.from([]) : body
      if (answer.reply.headers['content-type'] === undefined) ctx.remove('content-type')
    } catch (thrown) {
      const error = await fail(exchange, thrown, parts)
      if (error.type === 'capture_error') ctx.remove('x-trace-durability')
      // An answer that cannot be passed on is not read on, either.
      if (exchange.httpStatus !== null) exchange.abort(error)
      leave(exchange, parts)
      throw error
    }
  }
}

/**
 * Finds where the answer is: with an earlier call that was the same, or at an upstream, at which the call
 * gets a seat. Nothing leaves before it is fetched, because the intent is to be committed first.
 */
async function findAnswer(
  exchange: Exchange,
  plan: Plan,
  parts: Parts,
): Promise<() => Promise<Answer>> {
  const cached = await cachedAnswer(exchange, plan, parts)
  if (cached) return async () => cached
  const routed = await route(exchange, plan, parts)
  return () => forward(exchange, routed, parts)
}

/** Gives back all that the call holds; what it used was told before, if it used anything. */
function leave(exchange: Exchange, parts: Parts): void {
  exchange.seat?.leave()
  parts.turnstile.leave(exchange)
  settle(exchange, NOTHING, parts)
}

/** Commits that the call is about to be made, so that no spent money is ever without a trace. */
async function declare(exchange: Exchange, parts: Parts): Promise<void> {
  const { call, body, idempotencyKey } = exchange
  if (!exchange.recorded) return
  exchange.declared = true
  await parts.host.intent(
    {
      trace_id: call.id,
      session_ids: call.sessions,
      timestamp: call.startedAt / 1000,
      model: call.model,
      dialect: call.dialect,
      streaming: call.streaming,
      metadata: call.metadata,
      request_id: call.requestId,
      idempotency_key: idempotencyKey,
      received: body.bytes,
    },
    call,
  )
  if (parts.host.saves(call)) parts.meter.intended()
}

/**
 * Records a call that got no answer and gives the error that is the answer instead. An answer that came
 * and broke was recorded, and its error reworded, where it was carried.
 */
async function fail(exchange: Exchange, thrown: unknown, parts: Parts): Promise<GatewayError> {
  const error = exchange.error ?? asGatewayError(thrown)
  exchange.error = error
  if (exchange.httpStatus !== null) return asGatewayError(thrown)
  // A store that could not take the intent is not asked for more: nothing was sent.
  if (exchange.declared && error.type !== 'capture_error') {
    const status = error.code === 'client_closed' ? 'partial' : 'error'
    const trace = createRecorder(exchange, false, parts).trace(
      { status, reason: error.code, warnings: [] },
      null,
    )
    // A failure was logged there; the caller gets the error that ended its call.
    const saved = commit(exchange, trace, parts, true).catch(() => {})
    parts.calls.background(saved)
    await saved
  }
  return parts.host.error(error, exchange.call)
}

function modelOf({ body, modelInUrl }: CallState): string {
  const model = modelInUrl ?? body.json?.['model']
  if (model === undefined || model === null) return ''
  if (typeof model === 'string') return model
  throw new GatewayError('bad_body', { param: 'model', detail: '`model` must be a string' })
}

/** Says which weights answer, to a caller that asks with `x-sluice-weight-version: 1`. */
function tellWeights(ctx: Context, version: WeightVersion | null): void {
  if (version === null || ctx.get('x-sluice-weight-version') !== '1') return
  ctx.set('x-weight-version', weightHeader(version))
}

function setHeaders(
  ctx: { set(name: string, value: string): void; remove(name: string): void },
  headers: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): void {
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith('x-trace-')) ctx.set(name, value)
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) ctx.remove(name)
    else ctx.set(name, value)
  }
}
