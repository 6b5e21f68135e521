import type { Json } from '../plugin/index.ts'

/**
 * The parsed text; undefined when it is not JSON. Python servers write NaN and Infinity where a
 * number has no value; those read as null, because nothing better can be said of them.
 */
export function parseJson(text: string): Json | undefined {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const value = tryParse(plain)
  if (value !== undefined || !/NaN|Infinity/.test(plain)) return value
  return tryParse(plain.replace(NOT_FINITE, (match) => (match.startsWith('"') ? match : 'null')))
}

/** Strings are matched too, so that a word inside one is left alone. */
const NOT_FINITE = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g

function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
