import { settle, usedBy } from './admission.ts'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import { withFlags, type FullTrace } from '../plugin/index.ts'
import { spendRowOf } from '../trace/index.ts'
import { priced } from './cost.ts'
import type { Exchange } from './exchange.ts'
import { keepAnswer } from './keep-answer.ts'
import { meterCall, meterHold, meterLoss } from './metering.ts'
import type { Parts } from './parts.ts'
import { noteUse } from './tell-routing.ts'

/**
 * Has the plugins complete a trace and save it; resolves when it is committed. Exporters run after it,
 * unawaited. Calls that are not recorded resolve at once.
 *
 * @throws {GatewayError} `capture_unavailable` or the saving plugin's own error
 */
export async function commit(
  exchange: Exchange,
  base: FullTrace,
  parts: Parts,
  last: boolean,
): Promise<void> {
  if (!exchange.recorded) return
  const { call } = exchange
  const trace = await completed(exchange, base, parts)
  if (last) noteUse(exchange, trace)
  exchange.cost = trace.cost
  try {
    await parts.host.save(trace, call)
  } catch (thrown) {
    const error = asGatewayError(thrown, 'capture_unavailable')
    parts.log.error(
      { trace_id: call.id, code: error.code, owner: error.owner, err: error.cause ?? error },
      'a trace could not be saved',
    )
    meterLoss(exchange, trace, error, parts)
    settle(exchange, usedBy(exchange, trace), parts)
    // A retry with the same key has the same trace, and what it gets must not be overwritten later.
    if (exchange.idempotencyKey === null) parts.lateSaves.add(trace, call)
    throw error.status >= 500
      ? new GatewayError('capture_unavailable', { cause: error, headers: error.headers })
      : error
  }
  meterHold(exchange, parts)
  if (!last) return
  settle(exchange, usedBy(exchange, trace), parts)
  meterCall(exchange, trace, parts)
  if (!parts.host.saves(call)) parts.calls.background(chargeUntraced(trace, parts))
  parts.calls.background(parts.host.saved(trace, call))
  if (exchange.cache?.keeping) parts.calls.background(keepAnswer(exchange, trace, parts))
}

/**
 * What a call cost is in the books also where no plugin saves its trace. That it was written down is
 * promised to nobody then, so the answer does not wait for it.
 */
async function chargeUntraced(trace: FullTrace, parts: Parts): Promise<void> {
  if (trace.cost === null && !trace.caller?.key_hash) return
  try {
    await parts.charge(spendRowOf(trace))
  } catch (err) {
    parts.log.error({ err, trace_id: trace.trace_id }, 'what a call cost could not be written down')
  }
}

async function completed(exchange: Exchange, base: FullTrace, parts: Parts): Promise<FullTrace> {
  try {
    return priced(exchange, checkedWeights(await parts.host.trace(base, exchange.call)), parts)
  } catch (thrown) {
    meterLoss(exchange, base, asGatewayError(thrown), parts)
    settle(exchange, usedBy(exchange, priced(exchange, base, parts)), parts)
    throw thrown
  }
}

/** Here, after the plugins: a stamp that the engine itself put on its answer stands above ours. */
function checkedWeights(trace: FullTrace): FullTrace {
  const { weight_version: first, weight_version_end: last, warnings } = trace
  if (first === last || first === null || last === null) return trace
  return { ...trace, warnings: withFlags(warnings, ['weight_version_changed']) }
}
