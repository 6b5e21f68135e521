import type { JsonObject } from '../plugin/index.ts'

/** Where a call goes, and whose name it shows, is never up to its caller. */
const PLACES = ['api_base', 'base_url', 'api_key', 'api_version', 'organization'] as const

/** The field of these, if any, that would say where a call goes. */
export function placeIn(said: JsonObject): string | undefined {
  return PLACES.find((key) => Object.hasOwn(said, key))
}
