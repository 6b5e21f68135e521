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
  const candidates = parts.upstreams.candidates(modelOf(exchange), stickTo(exchange))
  const chosen = await parts.host.upstream(candidates, exchange.call)
  return chosen ? [chosen, ...candidates.filter((other) => other !== chosen)] : candidates
}

/**
 * The model that will be sent, which a session's settings or a plugin may have changed. A plugin that
 * wrote into what the caller sent has changed nothing of that.
 */
function modelOf({ params, call }: Exchange): string {
  const model = params === call.received ? call.model : params['model']
  return typeof model === 'string' ? model : call.model
}

/**
 * The session that keeps to one upstream, and so to one prefix cache: the narrowest of the call's, its
 * last one. `default` is where calls land that named none; they have nothing in common to keep together.
 */
function stickTo({ scoped, call }: Exchange): string | null {
  return scoped ? (call.sessions.at(-1) ?? null) : null
}
