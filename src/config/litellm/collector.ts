import type { Origin, Path, Values } from '../document.ts'
import { withValue, type Draft } from './draft.ts'
import type { Target } from './rows.ts'

/** What a collector has gathered. */
export interface Collected {
  readonly upstream: Values
  /** Where its keys came from; paths begin inside of the upstream. */
  readonly origins: readonly Origin[]
}

/** Gathers the keys of one upstream, and where each came from. */
export interface Collector extends Target {
  came(path: Path, from: Path): void
  /** What is there by now, for one organization of OpenAI if there are any. */
  collected(organization: string | null): Collected
}

/** An upstream without a key; it warns where the draft does. */
export function createCollector(draft: Draft): Collector {
  const origins: Origin[] = []
  let upstream: unknown = {}
  const came = (path: Path, from: Path): void => void origins.unshift({ path, from })
  return {
    document: draft.document,
    warn: (at, what) => draft.warn(at, what),
    came,
    put(path, value, from) {
      upstream = withValue(upstream, path, value)
      came(path, from)
    },
    collected(organization) {
      const { worker_id: id, ...rest } = upstream as Values
      const identified = id === undefined ? rest : { ...rest, name: id, worker_id: id }
      if (organization === null) return { upstream: identified, origins }
      const header = withValue(identified, ['headers', 'openai-organization'], organization)
      return { upstream: header as Values, origins }
    },
  }
}
