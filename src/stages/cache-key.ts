import { hash } from 'node:crypto'
import type { Json, JsonObject } from '../plugin/index.ts'
import type { WeightVersion } from '../shared/index.ts'
import type { RequestBody } from './body.ts'

/** All that an answer depends on, as far as it is known before an upstream is chosen. */
export interface Question {
  /** The API and path that are asked, with the query. */
  readonly target: string
  readonly namespace: string | null
  /** The params as they stand after the `params` hooks, without those that steer the gateway. */
  readonly params: JsonObject
  /** Headers that change what an API answers. */
  readonly headers: JsonObject
  readonly weightVersion: WeightVersion | null
}

/**
 * The name of an answer: SHA-256 of its question, in hexadecimal, behind `<namespace>:` where there is
 * one. The order of keys makes no difference, and neither does how a number is written; all else does.
 *
 * @param body the body in which params that nobody changed are written out
 */
export function cacheKey(question: Question, body: RequestBody): string {
  const { target, namespace, params, headers, weightVersion } = question
  const lines = [target, namespace, headers, weightVersion].map((part) => canonical(part).text)
  for (const name of Object.keys(params).toSorted()) {
    const value = params[name]
    if (value !== undefined) lines.push(JSON.stringify(name), exactly(name, value, body))
  }
  // No line holds a line break, so nothing can pass for something else.
  const digest = hash('sha256', lines.join('\n'), 'hex')
  return namespace === null ? digest : `${headerText(namespace)}:${digest}`
}

/**
 * Digest of what was sent beyond the question: what upstream's settings and `attempt` hooks made of the
 * params.
 */
export function askedBeyond({ params }: Question, sent: JsonObject): string {
  const names = new Set([...Object.keys(params), ...Object.keys(sent)])
  const changed = [...names]
    .filter((name) => params[name] !== sent[name])
    .map((name): [string, Json] => [name, sent[name] ?? null])
  return hash('sha256', canonical(Object.fromEntries(changed)).text, 'hex').slice(0, 32)
}

/** JSON text with sorted keys; false when a number in it is not the one that was written. */
interface Canonical {
  text: string
  isExact: boolean
}

function canonical(value: Json): Canonical {
  const written: Canonical = { text: '', isExact: true }
  write(value, written)
  return written
}

function write(value: Json, written: Canonical): void {
  if (Array.isArray(value)) return writeList(value, written)
  if (typeof value === 'object' && value !== null) return writeObject(value as JsonObject, written)
  if (typeof value === 'number') {
    written.isExact &&= Number.isFinite(value) && (value % 1 !== 0 || Number.isSafeInteger(value))
  }
  written.text += JSON.stringify(value)
}

function writeList(list: readonly Json[], written: Canonical): void {
  written.text += '['
  for (const item of list) {
    write(item, written)
    written.text += ','
  }
  written.text += ']'
}

function writeObject(object: JsonObject, written: Canonical): void {
  written.text += '{'
  for (const key of Object.keys(object).toSorted()) {
    const value = object[key]
    if (value === undefined) continue
    written.text += `${JSON.stringify(key)}:`
    write(value, written)
    written.text += ','
  }
  written.text += '}'
}

/**
 * A param in canonical form. A whole number beyond 2^53 is not what was written once it was parsed:
 * where a param holds one, its bytes stand for it, so that two large seeds are never taken for one.
 */
function exactly(name: string, value: Json, { bytes, json, members }: RequestBody): string {
  const { text, isExact } = canonical(value)
  if (isExact || json?.[name] !== value) return text
  const member = members.findLast(({ key }) => key === name)
  if (!member) return text
  return JSON.stringify(bytes.toString('utf8', member.valueStart, member.valueEnd))
}

/** A key goes into headers, which take printable ASCII only. */
function headerText(namespace: string): string {
  return namespace.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}
