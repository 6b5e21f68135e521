import type { Upstream } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/**
 * The upstreams that may answer the call, in the order they are tried. A plugin's choice comes first;
 * the others stay behind it for the case that it cannot be reached.
 *
 * @throws {GatewayError} `no_upstream` or `model_not_found`
 */
export async function route(exchange: Exchange, parts: Parts): Promise<readonly Upstream[]> {
  const candidates = parts.upstreams.candidates(exchange.call.model)
  const chosen = await parts.host.upstream(candidates, exchange.call)
  return chosen ? [chosen, ...candidates.filter((other) => other !== chosen)] : candidates
}
