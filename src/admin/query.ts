import type { RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { TraceStatus } from '../plugin/index.ts'

/** The most entries one reply can be asked for. */
export const MAX_LIMIT = 100_000

const STATUSES: readonly string[] = ['pending', 'complete', 'partial', 'error', 'interrupted']

/** A query parameter, undefined when it is absent. @throws {GatewayError} when it is repeated. */
export function textParam(ctx: RouterContext, name: string): string | undefined {
  const value = ctx.query[name]
  if (Array.isArray(value)) throw badValue(name, 'is given more than once')
  return value
}

/** `since` and `limit` as given. @throws {GatewayError} `bad_query` naming the parameter. */
export function rangeParams(ctx: RouterContext): Range {
  return range(numberParam(ctx, 'since'), numberParam(ctx, 'limit'))
}

/** Which part of a list is wanted; an absent value asks for everything. */
export interface Range {
  readonly since?: number
  readonly limit?: number
}

/** Checks both values, wherever they came from. @throws {GatewayError} `bad_query`. */
export function range(since: unknown, limit: unknown): Range {
  if (since !== undefined && !(typeof since === 'number' && since >= 0 && since < Infinity)) {
    throw badValue('since', 'is not a number of seconds since the epoch')
  }
  if (limit !== undefined && !isLimit(limit)) {
    throw badValue('limit', `is not a whole number from 1 to ${MAX_LIMIT}`)
  }
  return { ...(since === undefined ? {} : { since }), ...(limit === undefined ? {} : { limit }) }
}

/** A trace status. @throws {GatewayError} `bad_query`. */
export function statusParam(ctx: RouterContext): TraceStatus | undefined {
  const value = textParam(ctx, 'status')
  if (value === undefined || isStatus(value)) return value
  throw badValue('status', `is none of ${STATUSES.join(', ')}`)
}

/** True for `1` and `true`. @throws {GatewayError} `bad_query`. */
export function flagParam(ctx: RouterContext, name: string): boolean {
  const value = textParam(ctx, name)
  if (value === '1' || value === 'true') return true
  if (value === undefined || value === '0' || value === 'false') return false
  throw badValue(name, 'is neither true nor false')
}

/** A number; text that is none becomes NaN for the caller to refuse. */
export function numberParam(ctx: RouterContext, name: string): number | undefined {
  const value = textParam(ctx, name)
  if (value === undefined) return undefined
  return value.trim() === '' ? Number.NaN : Number(value)
}

export function badValue(name: string, defect: string): GatewayError {
  return new GatewayError('bad_query', { detail: `${name} ${defect}`, param: name })
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LIMIT
}

function isStatus(value: string): value is TraceStatus {
  return STATUSES.includes(value)
}
