import type { Middleware } from 'koa'
import { asGatewayError, type GatewayError } from '../errors/index.ts'
import type { FullTrace } from '../plugin/index.ts'
import { dialectOf } from '../wire/dialect.ts'
import type { Asked } from '../metrics/index.ts'
import type { CallState } from './call-state.ts'
import { labelsOf } from './caller.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/**
 * Counts calls that end with an error and without a trace: those that never became a call, and those
 * that ended before they were recorded. All others were counted when their trace was committed.
 */
export function refusalStage({ meter }: Pick<Parts, 'meter'>): Middleware<CallState> {
  return async function refusal(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      if (ctx.state.exchange?.metered !== true) {
        meter.refused(asGatewayError(thrown), askedBy(ctx.state))
      }
      throw thrown
    }
  }
}

/** What a call asked for, as far as its stages have come. */
export function askedBy({ route, body, identity, modelInUrl }: Partial<CallState>): Asked {
  const model = modelInUrl ?? body?.json?.['model']
  return {
    model: typeof model === 'string' ? model : '',
    dialect: dialectOf(route?.pathname ?? ''),
    caller: labelsOf(identity),
  }
}

/** Counts a call whose trace is committed; once, however often the trace was saved. */
export function meterCall(exchange: Exchange, trace: FullTrace, parts: Parts): void {
  if (exchange.metered) return
  exchange.metered = true
  safely(parts, () =>
    parts.meter.recorded(
      trace,
      exchange.elapsed(),
      parts.host.saves(exchange.call),
      labelsOf(exchange.identity),
    ),
  )
}

/** Counts a call whose trace could not be committed. */
export function meterLoss(
  exchange: Exchange,
  trace: FullTrace,
  error: GatewayError,
  parts: Parts,
): void {
  if (exchange.metered) return
  exchange.metered = true
  safely(parts, () => parts.meter.lost(trace, error, labelsOf(exchange.identity)))
}

/** Counts how long an ending was held; what is held from now on is held anew. */
export function meterHold(exchange: Exchange, { meter }: Parts): void {
  if (exchange.heldSinceMs === null) return
  meter.held(exchange.elapsed() - exchange.heldSinceMs)
  exchange.heldSinceMs = null
}

/** Plugins write into traces: what they leave in there must not break the call that is counted. */
function safely({ log }: Parts, count: () => void): void {
  try {
    count()
  } catch (err) {
    log.error({ err }, 'a call could not be counted')
  }
}
