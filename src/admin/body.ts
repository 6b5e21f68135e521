import type { RouterContext } from '@koa/router'
import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import { GatewayError } from '../errors/index.ts'
import { isObject, type JsonObject } from '../plugin/index.ts'

const LIMIT_BYTES = 1024 * 1024
/** Nothing that is sent here needs more, and whoever walks a deep value may run out of stack. */
const MAX_DEPTH = 100

// Only JSON types: a web page of another origin can send anything else without asking first.
const parseBody = koaBody({
  json: true,
  jsonLimit: LIMIT_BYTES,
  text: false,
  urlencoded: false,
  patchNode: false,
  onError: refuse,
})

/**
 * Reads the body of an admin request: a JSON object of at most 1 MiB, or nothing, which counts as an
 * empty object.
 *
 * @throws {GatewayError} `bad_json`, `bad_body`, `too_deep`, `body_too_large` or `wrong_content_type`.
 */
export async function readBody(ctx: RouterContext): Promise<JsonObject> {
  if (ctx.is() === null || ctx.request.length === 0) return {}
  await parseBody(ctx, async () => {})
  const body: unknown = ctx.request.body
  if (body === undefined) {
    throw new GatewayError('wrong_content_type', { detail: 'send application/json' })
  }
  if (!isObject(body)) throw new GatewayError('bad_body', { detail: 'it is not a JSON object' })
  if (isDeeper(body, MAX_DEPTH)) {
    throw new GatewayError('too_deep', { detail: `the limit is ${MAX_DEPTH} levels` })
  }
  return body
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

/** A field that is an object or absent. @throws {GatewayError} `bad_body`. */
export function objectField(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  throw new GatewayError('bad_body', { detail: `${name} is not an object`, param: name })
}

/** A field that is an array of strings. @throws {GatewayError} `bad_body`. */
export function textsField(body: JsonObject, name: string): readonly string[] {
  const value = body[name]
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new GatewayError('bad_body', { detail: `${name} is not an array of strings`, param: name })
}

function refuse(error: Error & { readonly status?: number }, _ctx: Context): never {
  if (error.status === 413) {
    const detail = `it is larger than ${LIMIT_BYTES} bytes`
    throw new GatewayError('body_too_large', { detail, cause: error })
  }
  if (error.status === 415) {
    throw new GatewayError('wrong_content_type', { detail: error.message, cause: error })
  }
  throw new GatewayError('bad_json', { detail: error.message, cause: error })
}
