import { GatewayError } from '../../errors/index.ts'
import { isObject, type JsonObject, type Outgoing } from '../../plugin/index.ts'
import { parseJson } from '../../wire/json-parse.ts'

/** Where a call goes, apart from its `/v1`. */
export interface ApiRoute {
  /** Begins with a slash: `/chat/completions`. */
  readonly path: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
}

export function apiRoute(path: string): ApiRoute {
  const at = path.indexOf('?')
  const pathname = at < 0 ? path : path.slice(0, at)
  const query = at < 0 ? '' : path.slice(at + 1)
  return { path: pathname.replace(/^\/v1(?=\/|$)/, '') || '/', query }
}

/** The params of a call that has to have some. */
export function paramsOf({ body }: Outgoing): JsonObject {
  const params = parseJson(Buffer.from(body ?? []).toString('utf8'))
  if (isObject(params)) return params
  throw new GatewayError('bad_json', { detail: 'this upstream needs a JSON object' })
}

export function noRoute(service: string, { method, path }: Outgoing): GatewayError {
  const { path: route } = apiRoute(path)
  return new GatewayError('route_not_found', { detail: `${service} has no ${method} ${route}` })
}
