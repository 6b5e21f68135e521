import { isObject } from '../../plugin/index.ts'
import { invalid, rewritten, type ConfigDocument, type Origin, type Path } from '../document.ts'
import type { Environment } from '../interpolate.ts'
import type { Target } from './rows.ts'

/** A configuration in which LiteLLM's keys become this gateway's, one after the other. */
export interface Draft extends Target {
  readonly env: Environment
  /** What is at a path by now. */
  at(path: Path): unknown
  /** True when the file says this in the gateway's own keys. */
  isOurs(path: Path): boolean
  /** Says where the value at a path came from, without setting it. */
  came(path: Path, from: Path): void
  finished(): ConfigDocument
}

/**
 * Begins with the keys of a document that are the gateway's own; those in `theirs` are left out.
 * A key of theirs may be put more than once, and the last one counts; one that ours say as well is a
 * `config_invalid`.
 */
export function createDraft(
  document: ConfigDocument,
  theirs: readonly string[],
  env: Environment,
  warnings: string[],
): Draft {
  const ours = Object.fromEntries(
    Object.entries(document.values).filter(([key]) => !theirs.includes(key)),
  )
  const origins: Origin[] = []
  const told = new Set<string>()
  let values: unknown = ours
  const isOurs = (path: Path): boolean => valueAt(ours, path) !== undefined
  return {
    document,
    env,
    isOurs,
    at: (path) => valueAt(values, path),
    put(path, value, from) {
      if (isOurs(path)) throw twice(document, from, path)
      values = withValue(values, path, value)
      // The first origin that fits a path is the one that counts.
      origins.unshift({ path, from })
    },
    came: (path, from) => void origins.unshift({ path, from }),
    warn(path, text) {
      const key = path.filter((part) => typeof part === 'string').join('.')
      if (told.has(`${key} ${text}`)) return
      told.add(`${key} ${text}`)
      warnings.push(`${document.placeOf(path)} ${document.nameOf(path)} ${text}`)
    },
    finished: () => rewritten(document, isObject(values) ? { ...values } : {}, origins),
  }
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    return (inner as Readonly<Record<string | number, unknown>>)[key]
  }, value)
}

/** The same value with another one at a path, without writing into what was given. */
export function withValue(value: unknown, [key, ...rest]: Path, inner: unknown): unknown {
  if (key === undefined) return inner
  if (typeof key === 'number') {
    const list: readonly unknown[] = Array.isArray(value) ? value : []
    return list.toSpliced(key, 1, withValue(list[key], rest, inner))
  }
  const object = isObject(value) ? value : {}
  return { ...object, [key]: withValue(valueAt(object, [key]), rest, inner) }
}

function twice(document: ConfigDocument, theirs: Path, ours: Path): Error {
  return invalid(
    `${document.placeOf(theirs)} ${document.nameOf(theirs)} and ${ours.join('.')} ` +
      `(${document.placeOf(ours)}) say the same thing; keep one`,
  )
}
