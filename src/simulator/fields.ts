import { schemaViolation } from './api-error.ts'
import { isArrayOf, isRecord, isString, isTokenId, type JsonRecord } from './json.ts'

/** What a request field has to be. Null counts as absent everywhere. */
export type FieldKind = keyof typeof CHECKS

const CHECKS = {
  boolean: [(value: unknown) => typeof value === 'boolean', 'Input should be a valid boolean'],
  integer: [(value: unknown) => Number.isInteger(value), 'Input should be a valid integer'],
  // Pydantic reads `true` as 1 where it expects an integer.
  count: [
    (value: unknown) => Number.isInteger(value) || typeof value === 'boolean',
    'Input should be a valid integer',
  ],
  number: [(value: unknown) => typeof value === 'number', 'Input should be a valid number'],
  string: [isString, 'Input should be a valid string'],
  object: [isRecord, 'Input should be a valid dictionary'],
  strings: [
    (value: unknown) => isString(value) || isArrayOf(value, isString),
    'Input should be a valid string or a list of strings',
  ],
  tokenIds: [
    (value: unknown) => isArrayOf(value, isTokenId),
    'Input should be a valid list of integers greater than or equal to 0',
  ],
  messages: [
    (value: unknown) => isArrayOf(value, isMessage),
    'Input should be a valid list of objects with a role',
  ],
  objects: [
    (value: unknown) => isArrayOf(value, isRecord),
    'Input should be a valid list of dictionaries',
  ],
} as const satisfies Record<string, readonly [(value: unknown) => boolean, string]>

const isMessage = (value: unknown): value is JsonRecord =>
  isRecord(value) && isString(value['role'])

/**
 * Checks the fields a table names and leaves all others alone, as vLLM accepts what it does not know.
 * @throws ApiError 400 `Bad Request` with a dotted path such as `body.temperature`
 */
export const checkFields = (body: JsonRecord, kinds: Readonly<Record<string, FieldKind>>): void => {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = body[name]
    if (value === undefined || value === null) continue
    const [check, problem] = CHECKS[kind]
    if (!check(value)) throw schemaViolation(`body.${name}`, problem)
  }
}

/** Readers for fields that {@link checkFields} has passed. */
export const flag = (body: JsonRecord, name: string, fallback = false): boolean =>
  typeof body[name] === 'boolean' ? body[name] : fallback

export const numberOr = <Fallback>(
  body: JsonRecord,
  name: string,
  fallback: Fallback,
): number | Fallback => (typeof body[name] === 'number' ? body[name] : fallback)

export const stringOr = <Fallback>(
  body: JsonRecord,
  name: string,
  fallback: Fallback,
): string | Fallback => (typeof body[name] === 'string' ? body[name] : fallback)

export const listOfStrings = (value: unknown): readonly string[] =>
  isString(value) ? [value] : isArrayOf(value, isString) ? value : []

export const listOfIds = (value: unknown): readonly number[] =>
  isArrayOf(value, isTokenId) ? value : []
