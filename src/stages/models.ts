import type { Context, Middleware } from 'koa'
import { GatewayError } from '../errors/index.ts'
import { starsOf } from '../util/model-patterns.ts'
import type { CallState } from './call-state.ts'
import { knownModels, modelEntry, type ModelEntry } from './known-models.ts'
import { mayAsk } from './model-access.ts'
import type { Parts } from './parts.ts'

const LIST = '/v1/models'

/**
 * Answers `GET /v1/models` and `/v1/models/{id}` with what the gateway's upstreams serve, as far as the
 * caller may ask it. Where a lone server stands behind it and nothing is renamed or forbidden, that one
 * is asked itself, by the stages after this.
 *
 * @throws {GatewayError} `model_not_found`
 */
export function modelsStage(parts: Parts): Middleware<CallState> {
  return async function models(ctx, next) {
    const { pathname } = ctx.state.route
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD'
    const isOfModels = pathname === LIST || pathname.startsWith(`${LIST}/`)
    if (!isRead || !isOfModels || isTheServers(ctx.state, parts)) return next()
    const id = decodeURIComponent(pathname.slice(LIST.length + 1))
    const entries = await entriesFor(ctx as never, parts)
    ctx.body = id === '' ? { data: entries, object: 'list' } : oneOf(entries, id, ctx.state, parts)
  }
}

/** A server that stands alone knows best what it has. */
function isTheServers({ identity }: CallState, { upstreams, forwarding }: Parts): boolean {
  const isPlain = !forwarding.litellm && forwarding.aliases.size === 0
  return upstreams.list().length < 2 && isPlain && identity.role !== 'key'
}

async function entriesFor(
  ctx: Context & { state: CallState },
  parts: Parts,
): Promise<readonly ModelEntry[]> {
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  ctx.res.once('close', leave)
  try {
    const entries = await knownModels(ctx, parts, gone.signal)
    const withPatterns = ctx.query['return_wildcard_routes'] === 'true'
    const shown = withPatterns ? entries : entries.filter(({ id }) => !id.includes('*'))
    return shown.filter(({ id }) => isAskable(id, ctx.state, parts))
  } finally {
    ctx.res.off('close', leave)
  }
}

/** By the name of its own or, for an alias, by that of the model it stands for. */
function isAskable(id: string, { identity }: CallState, { forwarding }: Parts): boolean {
  return mayAsk(identity, id) || mayAsk(identity, forwarding.aliases.get(id) ?? id)
}

/** A pattern's server may have any model that fits, and only it knows which. */
function oneOf(
  entries: readonly ModelEntry[],
  id: string,
  { identity }: CallState,
  { upstreams }: Parts,
): ModelEntry {
  const found = entries.find((entry) => entry.id === id)
  if (found) return found
  const patterns = upstreams.list().flatMap(({ models }) => models ?? [])
  const fits = patterns.some((pattern) => pattern.includes('*') && starsOf(pattern, id) !== null)
  if (fits && mayAsk(identity, id)) return modelEntry(id)
  throw new GatewayError('model_not_found', { param: 'model', detail: `"${id.slice(0, 200)}"` })
}
