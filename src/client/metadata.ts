import type { JsonObject } from '../plugin/json.ts'
import { SlugError } from './slug-error.ts'

/** Levels of objects and arrays, the metadata object itself counted as the first. */
export const MAX_METADATA_DEPTH = 32

// Names that reach an object's prototype in code that copies keys carelessly.
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Narrows a parsed value to metadata.
 * @throws {SlugError} `not_object`, `too_deep` or `forbidden_key`.
 */
export function asMetadata(value: unknown): JsonObject {
  if (!isRecord(value)) {
    throw new SlugError('not_object', `metadata is a JSON object, not ${kindOf(value)}`)
  }
  checkLevel(value, 1)
  return value
}

// An array's keys are indices, which are never forbidden.
function checkLevel(container: object, depth: number): void {
  if (depth > MAX_METADATA_DEPTH) {
    throw new SlugError('too_deep', `metadata is nested over ${MAX_METADATA_DEPTH} levels deep`)
  }
  for (const [key, child] of Object.entries(container)) {
    if (FORBIDDEN_KEYS.has(key)) {
      throw new SlugError('forbidden_key', `metadata cannot have a key named ${key}`)
    }
    if (typeof child === 'object' && child !== null) checkLevel(child, depth + 1)
  }
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
}
