import { isObject } from '../../plugin/index.ts'
import { invalid, type Path, type Values } from '../document.ts'
import type { Target } from './rows.ts'

/** A value of LiteLLM's configuration and where it stands. */
export interface Said {
  readonly value: unknown
  readonly path: Path
  readonly target: Target
}

/** Makes of it what this gateway has there. @throws GatewayError `config_invalid` with its place */
export type Reader = (said: Said) => unknown

/** An error at a value: place, key and what is wrong with it. */
export function faultOf({ path, target: { document } }: Said, text: string): Error {
  return invalid(`${document.placeOf(path)} ${document.nameOf(path)} ${text}`)
}

/** A value inside of one. */
export function inside(said: Said, key: string | number, value: unknown): Said {
  return { ...said, value, path: [...said.path, key] }
}

export function text(said: Said): string {
  const { value } = said
  // Python reads a number there as well: a password may be all digits.
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value === '') throw faultOf(said, 'must be a text')
  return value
}

/** A list of texts; one alone is a list of one. */
export function texts(said: Said): readonly string[] {
  const list: readonly unknown[] = Array.isArray(said.value) ? said.value : [said.value]
  return list.map((item, index) => text(inside(said, index, item)))
}

/** A switch, also as text, because variables are texts. */
export function flag(said: Said): boolean {
  const { value } = said
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(?:true|yes|on|1)$/i.test(value)) return true
  if (typeof value === 'string' && /^(?:false|no|off|0)$/i.test(value)) return false
  throw faultOf(said, 'must be true or false')
}

/** A number, also as text; from `least` on. */
export function amount(said: Said, least = 0): number {
  const { value } = said
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number < least) {
    throw faultOf(said, `must be a number from ${least} on`)
  }
  return number
}

export function whole(said: Said, least = 0): number {
  const number = amount(said, least)
  if (!Number.isSafeInteger(number)) throw faultOf(said, 'must be a whole number')
  return number
}

/** A whole number that is not 0. */
export const count: Reader = (said) => whole(said, 1)

/** Seconds, as milliseconds. */
export const seconds: Reader = (said) => Math.round(amount(said) * 1000)

/** Seconds that must pass, as milliseconds. */
export const deadline: Reader = (said) => Math.max(1, Math.round(amount(said, 0.001) * 1000))

/** Megabytes, as bytes. */
export const megabytes: Reader = (said) => Math.round(amount(said, 0.001) * 1_048_576)

export function object(said: Said): Values {
  const { value } = said
  if (!isObject(value)) throw faultOf(said, 'must hold keys and values')
  return value
}

/** True for what asks for nothing: a switch that is off, an empty text, list or object. */
export function asksNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
