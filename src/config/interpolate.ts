import { invalid } from './document.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Resolves `${NAME}`, `${NAME:-default}` and `os.environ/NAME` in every string of a configuration.
 * `$${` writes a literal `${`. A name that is not set is an error that says which key wants it.
 */
export function interpolate<T>(
  value: T,
  env: Environment,
  place: (path: readonly (string | number)[]) => string,
): T {
  const walk = (inner: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof inner === 'string') return resolve(inner, path)
    if (Array.isArray(inner)) return inner.map((item, index) => walk(item, [...path, index]))
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(
      Object.entries(inner).map(([key, item]) => [key, walk(item, [...path, key])]),
    )
  }
  const resolve = (text: string, path: readonly (string | number)[]): string => {
    const lookUp = (name: string, fallback?: string): string => {
      const found = env[name] ?? fallback
      if (found === undefined)
        throw invalid(
          `${place(path)} ${path.join('.')}: the environment variable ${name} is not set`,
        )
      return found
    }
    const whole = /^os\.environ\/([A-Za-z_]\w*)$/.exec(text)
    if (whole?.[1]) return lookUp(whole[1])
    return text.replace(
      /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
      (match, name?: string, fallback?: string) =>
        name === undefined ? match.slice(1) : lookUp(name, fallback),
    )
  }
  return walk(value, []) as T
}
