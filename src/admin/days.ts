import type { RouterContext } from '@koa/router'
import { badValue, textParam } from './query.ts'

/** From `since`, inclusive, until `until`, exclusive; seconds since the epoch. */
export interface Days {
  readonly since: number
  readonly until: number
}

export const DAY = 86_400
/** Days that are asked for at once; a list has an entry for each. */
const MOST_DAYS = 3_660
const SHOWN_DAYS = 30

/**
 * The days from `start_date` to `end_date`, both included and of UTC; undefined when there is neither.
 *
 * @throws {GatewayError} `bad_query` naming the parameter
 */
export function daysParam(ctx: RouterContext): Days | undefined {
  const since = dayParam(ctx, 'start_date')
  const last = dayParam(ctx, 'end_date')
  if (since === undefined && last === undefined) return undefined
  if (since === undefined) throw badValue('start_date', 'is missing beside end_date')
  if (last === undefined) throw badValue('end_date', 'is missing beside start_date')
  if (last < since) throw badValue('end_date', 'is before start_date')
  const until = last + DAY
  if (until - since > MOST_DAYS * DAY) {
    throw badValue('end_date', `is more than ${MOST_DAYS} days after start_date`)
  }
  return { since, until }
}

/** What LiteLLM's views show: everything of the last 30 days. */
export function lastDays(): { readonly since: number } {
  return { since: Date.now() / 1000 - SHOWN_DAYS * DAY }
}

function dayParam(ctx: RouterContext, name: string): number | undefined {
  const text = textParam(ctx, name)
  if (text === undefined) return undefined
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // A day that its month does not have is either none or read as one of the next month.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return time / 1000
  throw badValue(name, 'is not a day as YYYY-MM-DD')
}
