/** A JSON object whose fields are not checked yet. */
export type JsonRecord = Record<string, unknown>

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one where it is none. */
export const asRecord = (value: unknown): JsonRecord => (isRecord(value) ? value : {})

export const isArrayOf = <Item>(
  value: unknown,
  check: (item: unknown) => item is Item,
): value is Item[] => Array.isArray(value) && value.every(check)

export const isString = (value: unknown): value is string => typeof value === 'string'

export const isTokenId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0
