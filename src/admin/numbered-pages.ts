import type { RouterContext } from '@koa/router'
import { badValue, numberParam } from './query.ts'

const SIZE = 25
const MAX_SIZE = 1_000

/** A page of a list, and how LiteLLM tells where in the list it is. */
export interface NumberedPage<T> {
  readonly shown: readonly T[]
  readonly total: number
  readonly page: number
  readonly page_size: number
  readonly total_pages: number
}

/** The page that `page` and `page_size` ask for. @throws {GatewayError} `bad_query` */
export function pageOf<T>(ctx: RouterContext, items: readonly T[]): NumberedPage<T> {
  const page = wholeParam(ctx, 'page', 1, Number.MAX_SAFE_INTEGER)
  const size = wholeParam(ctx, 'page_size', SIZE, MAX_SIZE)
  return {
    shown: items.slice((page - 1) * size, page * size),
    total: items.length,
    page,
    page_size: size,
    total_pages: Math.ceil(items.length / size),
  }
}

/** A parameter from 1 on. @throws {GatewayError} `bad_query` */
export function wholeParam(
  ctx: RouterContext,
  name: string,
  otherwise: number,
  most: number,
): number {
  const value = numberParam(ctx, name) ?? otherwise
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw badValue(name, `is not a whole number from 1 to ${most}`)
}
