/** Levels of Python's logging under the names they have here; the others are spelt alike. */
const PYTHON: ReadonlyMap<string, string> = new Map([
  ['notset', 'trace'],
  ['warning', 'warn'],
  ['critical', 'error'],
  ['fatal', 'error'],
])

/** A log level in any case and as Python calls it, in this gateway's words; anything else as it is. */
export function toLogLevel(level: unknown): unknown {
  if (typeof level !== 'string') return level
  const name = level.toLowerCase()
  return PYTHON.get(name) ?? name
}
