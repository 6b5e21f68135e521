export type Json = null | boolean | number | string | readonly Json[] | JsonObject
/** A JSON object. Plugins read it and return new ones; they never write into it. */
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** True for a JSON object, false for arrays, scalars, null and undefined. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
