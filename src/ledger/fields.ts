import { GatewayError } from '../errors/index.ts'
import { isObject, type Json, type JsonObject } from '../plugin/index.ts'
import { readDuration } from './duration.ts'

/** Reads one field of a document. @throws {GatewayError} `bad_body` that names the field */
export type Reader<T> = (value: Json, name: string) => T

/** The fields that a document has, of those there are readers for. */
export type Read<R extends Readonly<Record<string, Reader<unknown>>>> = {
  readonly [Name in keyof R]?: ReturnType<R[Name]>
}

/** Names and ids are shown, logged and written into headers of reports. */
const MAX_NAME = 256
const MAX_LIST = 1_000

/** Reads the fields that are there; others stay out. @throws {GatewayError} `bad_body` */
export function readFields<R extends Readonly<Record<string, Reader<unknown>>>>(
  body: JsonObject,
  readers: R,
): Read<R> {
  const read: Record<string, unknown> = {}
  for (const [name, reader] of Object.entries(readers)) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (value !== undefined) read[name] = reader(value, name)
  }
  return read as Read<R>
}

/** What a document has beside the fields of these names. */
export function otherFields(body: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !known.has(name)))
}

/** Null stands for a value that is not there. */
export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return (value, name) => (value === null ? null : reader(value, name))
}

/** Null stands for nothing in particular. */
export function orElse<T>(reader: Reader<T>, otherwise: T): Reader<T> {
  return (value, name) => (value === null ? otherwise : reader(value, name))
}

export const name: Reader<string> = (value, field) => {
  if (typeof value !== 'string') throw badField(field, 'must be a string')
  if (value === '' || value.length > MAX_NAME || !value.isWellFormed() || /\p{Cc}/u.test(value)) {
    throw badField(field, `must have 1 to ${MAX_NAME} characters, none of them a control character`)
  }
  return value
}

export const names: Reader<readonly string[]> = (value, field) => {
  if (!Array.isArray(value)) throw badField(field, 'must be a list of strings')
  if (value.length > MAX_LIST) throw badField(field, `may have ${MAX_LIST} entries`)
  return (value as readonly Json[]).map((one, at) => name(one, `${field}.${at}`))
}

/** US dollars. JSON can say a number that is infinite: `1e999`. */
export const dollars: Reader<number> = (value, field) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw badField(field, 'must be a number from 0 on')
}

export const count: Reader<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw badField(field, 'must be a whole number from 0 on')
}

export const flag: Reader<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value
  throw badField(field, 'must be true or false')
}

export const object: Reader<JsonObject> = (value, field) => {
  if (isObject(value)) return value
  throw badField(field, 'must be an object')
}

export const objects: Reader<readonly JsonObject[]> = (value, field) => {
  if (!Array.isArray(value)) throw badField(field, 'must be a list of objects')
  if (value.length > MAX_LIST) throw badField(field, `may have ${MAX_LIST} entries`)
  return (value as readonly Json[]).map((one, at) => object(one, `${field}.${at}`))
}

/** Names of models by other names. */
export const renames: Reader<Readonly<Record<string, string>>> = (value, field) => {
  const entries = Object.entries(object(value, field))
  if (entries.length > MAX_LIST) throw badField(field, `may have ${MAX_LIST} entries`)
  return Object.fromEntries(
    entries.map(([from, to]) => [from, name(to ?? null, `${field}.${from}`)]),
  )
}

export const durationText: Reader<string> = (value, field) => {
  if (typeof value === 'string' && readDuration(value)) return value
  throw badField(field, 'must be a duration such as 30s, 15m, 24h, 7d, 1w or 1mo, up to 100 years')
}

export function badField(field: string, defect: string): GatewayError {
  return new GatewayError('bad_body', { param: field, detail: `\`${field}\` ${defect}` })
}
