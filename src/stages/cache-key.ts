import { hash } from 'node:crypto'
import type { Json, JsonObject } from '../plugin/index.ts'
import type { WeightVersion } from '../shared/index.ts'
import type { Member } from '../wire/json-scan.ts'
import { withoutSpace } from '../wire/json-space.ts'
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
  /** Those by which upstreams are chosen; none where they are not. */
  readonly tags: readonly string[]
  readonly weightVersion: WeightVersion | null
}

/**
 * The name of an answer: SHA-256 of its question, in hexadecimal, behind `<namespace>:` where there is
 * one. The order of params makes no difference, nor does space, nor how a number or a text is written
 * that is a param itself. Within a param all makes one: a schema's order is that of the answer, and chat
 * templates write tools out as they came.
 *
 * @param body the body in which params that nobody changed are written out
 */
export function cacheKey(question: Question, body: RequestBody): string {
  const { target, namespace, params, headers, tags, weightVersion } = question
  const lines = [target, namespace, headers, tags, weightVersion].map((part) =>
    JSON.stringify(part),
  )
  const members = new Map(body.members.map((member) => [member.key, member]))
  for (const name of Object.keys(params).toSorted()) {
    const value = params[name]
    if (value === undefined) continue
    // What nobody changed is the very value that the body was read to.
    const member = body.json?.[name] === value ? members.get(name) : undefined
    lines.push(JSON.stringify(name), written(value, member, body.bytes))
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
    .toSorted()
    .filter((name) => params[name] !== sent[name])
    .map((name): [string, Json] => [name, sent[name] ?? null])
  return hash('sha256', JSON.stringify(changed), 'hex').slice(0, 32)
}

/** A param in one line: as the caller wrote it, or as it will be written where somebody changed it. */
function written(value: Json, member: Member | undefined, bytes: Buffer): string {
  if (!member || isTold(value)) return JSON.stringify(value)
  return withoutSpace(bytes.subarray(member.valueStart, member.valueEnd)).toString()
}

/**
 * True where the value says all that its text did. A whole number beyond 2^53 does not, nor does what
 * holds others: of equal keys it has only the last, and those that are numbers it has put in order.
 */
function isTold(value: Json): boolean {
  if (typeof value === 'object') return value === null
  if (typeof value !== 'number') return true
  return Number.isFinite(value) && (value % 1 !== 0 || Number.isSafeInteger(value))
}

/** A key goes into headers, which take printable ASCII only. */
function headerText(namespace: string): string {
  return namespace.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}
