import { SlugError } from './slug-error.ts'

/**
 * Writes a JSON value exactly as Python's `json.dumps(value, separators=(",", ":"), sort_keys=True)`
 * does, so that both languages make the same slug of the same metadata: ASCII only, keys sorted by
 * code point, floats as `repr` writes them. Properties that are `undefined` are left out.
 *
 * Two things cannot match, because JavaScript has one number type: Python's `1.0` is written `1.0`,
 * the same number here is written `1`; and integers beyond 2^53 have lost digits before they arrive.
 *
 * @throws {SlugError} `not_json`.
 */
export function pythonJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      return writeNumber(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `[${value.map(pythonJson).join(',')}]` : writeObject(value)
    default:
      throw new SlugError('not_json', `JSON has no form for a ${typeof value}`)
  }
}

function writeObject(object: object): string {
  const tag = Object.prototype.toString.call(object)
  if (tag !== '[object Object]') {
    throw new SlugError('not_json', `JSON has no form for a ${tag.slice(8, -1)}`)
  }
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  entries.sort(([a], [b]) => byCodePoint(a, b))
  return `{${entries.map(([key, value]) => `${writeString(key)}:${pythonJson(value)}`).join(',')}}`
}

function writeString(text: string): string {
  // JSON.stringify leaves DEL and everything beyond ASCII as it is; Python escapes each UTF-16 unit.
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function writeNumber(number: number): string {
  if (!Number.isFinite(number)) throw new SlugError('not_json', `JSON has no form for ${number}`)
  // Python's repr switches to an exponent below 1e-4 and gives it two digits; JavaScript at 1e-6.
  if (Number.isInteger(number) || Math.abs(number) >= 1e-4) return JSON.stringify(number)
  return number.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

// JavaScript's own order compares UTF-16 units, which puts U+1F600 before U+FF5E.
function byCodePoint(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length) {
    const left = a.codePointAt(at) ?? 0
    const right = b.codePointAt(at) ?? 0
    if (left !== right) return left - right
    at += left > 0xffff ? 2 : 1
  }
  return a.length - b.length
}
