import type { VirtualKey } from './records.ts'
import { createShelf, type OwnShelf } from './shelf.ts'

/** Keys by their hashes, and by their aliases. */
export interface KeyShelf extends OwnShelf<VirtualKey> {
  withAlias(alias: string): VirtualKey | undefined
}

export function createKeyShelf(now: () => number): KeyShelf {
  const shelf = createShelf<VirtualKey>(now)
  const byAlias = new Map<string, string>()

  function forgetAlias(token: string): void {
    const alias = shelf.get(token)?.key_alias ?? null
    if (alias !== null && byAlias.get(alias) === token) byAlias.delete(alias)
  }

  return {
    get size() {
      return shelf.size
    },
    get: (token) => shelf.get(token),
    list: () => shelf.list(),
    put(token, key) {
      forgetAlias(token)
      shelf.put(token, key)
      if (key.key_alias !== null) byAlias.set(key.key_alias, token)
    },
    remove(token) {
      forgetAlias(token)
      shelf.remove(token)
    },
    withAlias(alias) {
      const token = byAlias.get(alias)
      return token === undefined ? undefined : shelf.get(token)
    },
  }
}
