import type { Change, JsonObject, Upstream } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import { steersLitellm } from './plan.ts'

/** Params as agreed for an upstream. */
export interface Suited {
  readonly params: JsonObject
  /** None when nothing was changed, and then the params are the same object. */
  readonly changes: readonly Change[]
}

/**
 * The params as the upstream is to have them: its own name of the model, its defaults where the caller
 * says nothing, what is always put in and what is always taken out.
 */
export function suit(
  exchange: Exchange,
  upstream: Upstream,
  { upstreams, forwarding }: Pick<Parts, 'upstreams' | 'forwarding'>,
): Suited {
  const { params: defaults, extraBody, dropParams } = upstreams.termsOf(upstream)
  const { params } = exchange
  const { model, params: instead } = exchange.routing
  const patch = new Map<string, JsonObject[string]>()
  for (const [key, value] of Object.entries(defaults)) {
    if (params[key] === undefined) patch.set(key, value)
  }
  for (const [key, value] of Object.entries(instead)) patch.set(key, value)
  if (forwarding.litellm) {
    const said = Object.keys({ ...params, ...instead })
    const steering = said.filter((key) => steersLitellm(key, exchange.call.dialect))
    for (const key of steering) patch.set(key, undefined)
  }
  for (const [key, value] of Object.entries(extraBody)) patch.set(key, value)
  for (const key of dropParams) patch.set(key, undefined)
  const name = upstreams.nameOn(upstream, model)
  if (name !== '') patch.set('model', name)
  const keys = [...patch.keys()].filter((key) => params[key] !== patch.get(key))
  if (keys.length === 0) return { params, changes: [] }
  const suited: Record<string, JsonObject[string]> = { ...params }
  for (const key of keys) {
    const value = patch.get(key)
    if (value === undefined) delete suited[key]
    else suited[key] = value
  }
  return { params: suited, changes: [{ plugin: 'sluice', hook: 'route', keys }] }
}
