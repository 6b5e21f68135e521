import { invalid, nameOf } from './document.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A path whose `os.environ/NAME` may be left out where the variable is not set; told of each. */
export type LeaveOut = (path: readonly (string | number)[], name: string) => boolean

/**
 * Resolves `${NAME}`, `${NAME:-default}` and `os.environ/NAME` in every string of a configuration.
 * `$${` writes a literal `${`. A name that is not set is an error that says which key wants it; a whole
 * `os.environ/NAME` goes, with its key, where `leaveOut` says so.
 */
export function interpolate<T>(
  value: T,
  env: Environment,
  place: (path: readonly (string | number)[]) => string,
  leaveOut: LeaveOut = () => false,
): T {
  const walk = (inner: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof inner === 'string') return resolve(inner, path)
    if (Array.isArray(inner)) {
      return inner.map((item, index) => walk(item, [...path, index])).filter(isThere)
    }
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(
      Object.entries(inner)
        .map(([key, item]) => [key, walk(item, [...path, key])] as const)
        .filter(([, item]) => isThere(item)),
    )
  }
  const resolve = (text: string, path: readonly (string | number)[]): string | undefined => {
    const lookUp = (name: string, fallback?: string): string => {
      const found = env[name] ?? fallback
      if (found === undefined)
        throw invalid(`${place(path)} ${nameOf(path)}: the environment variable ${name} is not set`)
      return found
    }
    const whole = /^os\.environ\/([A-Za-z_]\w*)$/.exec(text)
    if (whole?.[1]) {
      const isLeftOut = env[whole[1]] === undefined && leaveOut(path, whole[1])
      return isLeftOut ? undefined : lookUp(whole[1])
    }
    return text.replace(
      /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
      (match, name?: string, fallback?: string) =>
        name === undefined ? match.slice(1) : lookUp(name, fallback),
    )
  }
  return walk(value, []) as T
}

function isThere(value: unknown): boolean {
  return value !== undefined
}
