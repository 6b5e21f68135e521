import { asGatewayError, GatewayError } from '../errors/index.ts'
import { withFlags, type FullTrace } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'
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
  try {
    await parts.host.save(trace, call)
  } catch (thrown) {
    const error = asGatewayError(thrown, 'capture_unavailable')
    parts.log.error(
      { trace_id: call.id, code: error.code, owner: error.owner, err: error.cause ?? error },
      'a trace could not be saved',
    )
    meterLoss(exchange, trace, error, parts)
    // A retry with the same key has the same trace, and what it gets must not be overwritten later.
    if (exchange.idempotencyKey === null) parts.lateSaves.add(trace, call)
    throw error.status >= 500
      ? new GatewayError('capture_unavailable', { cause: error, headers: error.headers })
      : error
  }
  meterHold(exchange, parts)
  if (!last) return
  meterCall(exchange, trace, parts)
  parts.calls.background(parts.host.saved(trace, call))
}

async function completed(exchange: Exchange, base: FullTrace, parts: Parts): Promise<FullTrace> {
  try {
    return checkedWeights(await parts.host.trace(base, exchange.call))
  } catch (thrown) {
    meterLoss(exchange, base, asGatewayError(thrown), parts)
    throw thrown
  }
}

/** Here, after the plugins: a stamp that the engine itself put on its answer stands above ours. */
function checkedWeights(trace: FullTrace): FullTrace {
  const { weight_version: first, weight_version_end: last, warnings } = trace
  if (first === last || first === null || last === null) return trace
  return { ...trace, warnings: withFlags(warnings, ['weight_version_changed']) }
}
