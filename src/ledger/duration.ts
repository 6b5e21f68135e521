/** A length of time as LiteLLM writes it. Months are those of the calendar. */
export interface Duration {
  readonly amount: number
  readonly unit: 's' | 'm' | 'h' | 'd' | 'w' | 'mo'
}

/** A budget's period; milliseconds since the epoch, the end exclusive. */
export interface Period {
  readonly startedAt: number
  readonly resetAt: number
}

const DAY = 86_400_000
const WEEK = 7 * DAY
/** The Monday after the epoch, which was a Thursday. */
const FIRST_MONDAY = 4 * DAY
const LONGEST_MONTH = 31 * DAY
/** Beyond it dates have no end that could be written. */
const LONGEST = 36_525 * DAY

const LENGTHS = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY, w: WEEK, mo: LONGEST_MONTH } as const

/** Reads `30s`, `15m`, `24h`, `7d`, `1w` or `1mo`, of a hundred years at most; null for anything else. */
export function readDuration(text: string): Duration | null {
  const [, digits, unit] = /^([1-9]\d{0,9})(s|m|h|d|w|mo)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) return null
  const duration = { amount: Number(digits), unit: unit as Duration['unit'] }
  return duration.amount * LENGTHS[duration.unit] > LONGEST ? null : duration
}

/** The time so much later. A month after the 31st is the last day of a month that has none. */
export function later(time: number, { amount, unit }: Duration): number {
  return unit === 'mo' ? monthsLater(time, amount) : time + amount * LENGTHS[unit]
}

/**
 * The period that `now` lies in. A day, a week and a month are those of the calendar, in UTC: they begin at
 * midnight, on Monday and on the first. Others follow each other from `anchor` on.
 */
export function periodAt(duration: Duration, anchor: number, now: number): Period {
  switch (calendarUnitOf(duration)) {
    case 'day':
      return aligned(now, 0, DAY)
    case 'week':
      return aligned(now, FIRST_MONDAY, WEEK)
    case 'month':
      return { startedAt: monthBegin(now, 0), resetAt: monthBegin(now, 1) }
    case null:
      return following(duration, anchor, now)
  }
}

function calendarUnitOf({ amount, unit }: Duration): 'day' | 'week' | 'month' | null {
  const text = `${amount}${unit}`
  if (text === '1d' || text === '24h') return 'day'
  if (text === '7d' || text === '1w') return 'week'
  return text === '30d' || text === '1mo' ? 'month' : null
}

function aligned(now: number, origin: number, length: number): Period {
  const startedAt = origin + Math.floor((now - origin) / length) * length
  return { startedAt, resetAt: startedAt + length }
}

function following({ amount, unit }: Duration, anchor: number, now: number): Period {
  const nth = (count: number): number => later(anchor, { amount: amount * count, unit })
  // Months that are shorter than the longest make it a few more.
  let count = Math.max(0, Math.floor((now - anchor) / (amount * LENGTHS[unit])))
  while (nth(count + 1) <= now) count += 1
  return { startedAt: nth(count), resetAt: nth(count + 1) }
}

function monthBegin(time: number, more: number): number {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + more, 1)
}

function monthsLater(time: number, months: number): number {
  const date = new Date(time)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, lastDay))
  return date.getTime()
}
