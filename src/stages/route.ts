import { asGatewayError, type GatewayError } from '../errors/index.ts'
import type { Upstream } from '../plugin/index.ts'
import { kindOfError } from '../upstream/index.ts'
import type { Exchange } from './exchange.ts'
import { fallbacksFor } from './fallback.ts'
import type { Parts } from './parts.ts'
import type { Plan } from './plan.ts'

/** Where a call goes first. */
export interface Routed {
  readonly plan: Plan
  readonly upstreams: readonly Upstream[]
  /** Why there is none, where another model may be asked instead. */
  readonly nobody: GatewayError | null
}

/**
 * The upstreams that may answer the call, in the order they are tried. A plugin's choice comes first;
 * the others stay behind it for the case that it cannot be reached. A plugin is asked also where there
 * are none: it may answer the call itself.
 *
 * @throws {GatewayError} `no_upstream`, `model_not_found`, `upstreams_busy`, `no_tagged_upstream`,
 * `context_length_exceeded`
 */
export async function route(exchange: Exchange, plan: Plan, parts: Parts): Promise<Routed> {
  const { upstreams, host } = parts
  const { call } = exchange
  let candidates: readonly Upstream[] = []
  let nobody: GatewayError | null = null
  try {
    const placing = await upstreams.place(wantedOf(plan, plan.model, exchange), call.signal)
    exchange.seat = placing.seat
    candidates = placing.upstreams
  } catch (thrown) {
    nobody = asGatewayError(thrown)
    if (call.signal.aborted) throw nobody
  }
  const chosen = await host.upstream(candidates, call)
  if (chosen) {
    if (chosen !== candidates[0]) {
      exchange.seat?.leave()
      exchange.seat = upstreams.seat(chosen, plan.tokens) ?? null
    }
    const others = candidates.filter((other) => other !== chosen)
    return { plan, upstreams: [chosen, ...others], nobody: null }
  }
  if (nobody && !mayFallBack(plan, nobody, parts)) throw nobody
  return { plan, upstreams: candidates, nobody }
}

/** What the set is asked for a model. */
export function wantedOf(
  { session, tokens, tags }: Plan,
  model: string,
  { call }: Exchange,
): Parameters<Parts['upstreams']['place']>[0] {
  return { model, session, tokens, tags, streaming: call.streaming }
}

function mayFallBack(plan: Plan, { code }: GatewayError, { forwarding }: Parts): boolean {
  const kind = kindOfError(code)
  return kind !== null && fallbacksFor(plan, plan.model, kind, forwarding).length > 0
}
