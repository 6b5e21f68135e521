import { dirname, resolve } from 'node:path'
import { invalid, rewritten, type ConfigDocument, type Path } from '../document.ts'

/** How files are read, and where what is worth a word is told. */
export interface Including {
  readonly read: (file: string) => ConfigDocument
  readonly warnings: string[]
}

/**
 * The configuration with the files of its `include` in it. As in LiteLLM, a list of theirs continues the
 * list before it, and anything else of theirs takes the place of what was there. Files are looked up
 * beside the one that names them, and may include others.
 *
 * @param file where the document was read
 * @throws GatewayError `config_invalid` for a file that cannot be read and for one that includes itself
 */
export function withIncludes(
  document: ConfigDocument,
  file: string,
  including: Including,
  chain: readonly string[] = [resolve(file)],
): ConfigDocument {
  const { include, ...values } = document.values
  const own = rewritten(document, values, [])
  if (include === undefined || include === null) return own
  const names: readonly unknown[] = Array.isArray(include) ? include : [include]
  return names.reduce<ConfigDocument>((before, name, index) => {
    const where = document.placeOf(['include', index])
    if (typeof name !== 'string') throw invalid(`${where} include.${index} must be a file`)
    const path = resolve(dirname(file), name)
    if (chain.includes(path)) throw invalid(`${where} include: ${name} includes itself`)
    const added = withIncludes(including.read(path), path, including, [...chain, path])
    return together(before, added, including.warnings)
  }, own)
}

function together(
  before: ConfigDocument,
  added: ConfigDocument,
  warnings: string[],
): ConfigDocument {
  const values = { ...before.values }
  const continued = new Map<string, number>()
  for (const [key, value] of Object.entries(added.values)) {
    const there = Object.hasOwn(values, key) ? values[key] : undefined
    if (Array.isArray(value) && Array.isArray(there)) {
      continued.set(key, there.length)
      values[key] = [...(there as unknown[]), ...(value as unknown[])]
      continue
    }
    if (there !== undefined) {
      warnings.push(
        `${added.placeOf([key])} ${key} takes the place of that at ${before.placeOf([key])}`,
      )
    }
    values[key] = value
  }
  const homeOf = (path: Path): readonly [ConfigDocument, Path] => {
    const [key = '', index = 0, ...rest] = path
    const length = continued.get(String(key))
    if (length === undefined) {
      return [Object.hasOwn(added.values, String(key)) ? added : before, path]
    }
    const isAdded = typeof index === 'number' && index >= length
    return isAdded ? [added, [key, index - length, ...rest]] : [before, path]
  }
  return {
    values,
    placeOf(path) {
      const [home, inner] = homeOf(path)
      return home.placeOf(inner)
    },
    nameOf(path) {
      const [home, inner] = homeOf(path)
      return home.nameOf(inner)
    },
  }
}
