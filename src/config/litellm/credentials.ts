import { isObject } from '../../plugin/index.ts'
import type { ConfigDocument, Path, Values } from '../document.ts'

/** Keys of an entry and where they stand. */
export interface Source {
  readonly path: Path
  readonly keys: Values
}

/** The entries of `credential_list` by name; they lend their values to whoever names them. */
export function credentialsOf({ values }: ConfigDocument): ReadonlyMap<string, Source> {
  const { credential_list: list } = values
  const found = new Map<string, Source>()
  for (const [index, entry] of (Array.isArray(list) ? list : []).entries()) {
    if (!isObject(entry)) continue
    const { credential_name: name, credential_values: keys } = entry
    if (typeof name !== 'string' || !isObject(keys)) continue
    found.set(name, { path: ['credential_list', index, 'credential_values'], keys })
  }
  return found
}
