import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../plugin/index.ts'
import type { ConfigDocument, Path } from './document.ts'
import { ConfigSchema } from './schema.ts'

/** A key that is in the schema and that the gateway does not act on. */
export interface NotYet {
  /** Its path, with dots; what comes first may be in a list. */
  readonly key: string
  /** What this means for calls, where it is not plain. */
  readonly note?: string
  /** True for an object of which each key is told by its own name. */
  readonly within?: true
  /** Which values are meant; all that differ from the default, if this is not said. */
  readonly when?: (value: unknown) => boolean
}

/**
 * What configurations may say already and the gateway does not do. Whoever makes one of these work takes
 * its row out; warnings and docs/litellm.md follow.
 */
export const NOT_YET: readonly NotYet[] = [
  {
    key: 'upstreams.price',
    within: true,
    note: 'no cost is reckoned; only the strategy cost compares',
  },
  { key: 'timeouts.stream_headers_ms' },
  { key: 'keys.limits' },
  { key: 'cache.kind', note: 'nothing is cached' },
  { key: 'redis', within: true },
]

/** Warns of each key that is set and not used, once, with the place where it is first set. */
export function warnOfUnused(document: ConfigDocument, warnings: string[]): void {
  for (const { key, note, within, when } of NOT_YET) {
    const [first = '', ...rest] = key.split('.')
    const isSet = (value: unknown, inner: Path): boolean => {
      if (value === undefined) return false
      return when ? when(value) : !isDeepStrictEqual(value, defaultOf([first, ...inner]))
    }
    const found = placesOf(document.values[first], [first], rest).find(([path, value]) =>
      isSet(value, path.slice(1)),
    )
    if (!found) continue
    const path = within ? firstWithin(...found) : found[0]
    const why = note === undefined ? '' : `: ${note}`
    warnings.push(
      `${document.placeOf(path)} ${document.nameOf(path)} is read but not used yet${why}`,
    )
  }
}

type Place = readonly [path: Path, value: unknown]

/** Every value at these keys, in each entry of a list. */
function placesOf(value: unknown, path: Path, keys: readonly string[]): readonly Place[] {
  if (Array.isArray(value) && keys.length > 0) {
    return value.flatMap((entry: unknown, index) => placesOf(entry, [...path, index], keys))
  }
  const [key, ...rest] = keys
  if (key === undefined) return [[path, value]]
  return isObject(value) ? placesOf(value[key], [...path, key], rest) : []
}

function firstWithin(path: Path, value: unknown): Path {
  const key = isObject(value) ? Object.keys(value)[0] : undefined
  return key === undefined ? path : [...path, key]
}

/** The default of the schema at a path. */
function defaultOf(path: Path): unknown {
  const at = path.reduce<unknown>((schema, key) => {
    if (!isObject(schema)) return undefined
    if (typeof key === 'number') return schema['items']
    return isObject(schema['properties']) ? schema['properties'][key] : undefined
  }, ConfigSchema)
  return isObject(at) ? at['default'] : undefined
}
