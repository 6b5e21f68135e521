/** The UTC day of a time in seconds since the epoch, as `YYYY-MM-DD`; empty where no calendar has it. */
export function dayOf(seconds: number): string {
  const date = new Date(Math.trunc(seconds) * 1000)
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString()
  // Years after 9999 have a sign and two more digits, which SQLite does not know.
  return /^\d{4}-/.test(text) ? text.slice(0, 10) : ''
}
