import { hashText } from '../../src/upstream/rendezvous.ts'
import type { Asked, Candidate } from '../../src/upstream/strategies/index.ts'
import { PLAIN_TERMS, type Terms } from '../../src/upstream/terms.ts'

export interface Given {
  readonly terms?: Partial<Terms>
  readonly inFlight?: number
  readonly tokens?: number
  readonly mean?: number | null
}

/** A member of which a test says what matters. */
export function candidate(
  id: string,
  { terms = {}, inFlight = 0, tokens = 0, mean = null }: Given = {},
): Candidate & { inFlight: number } {
  return {
    id,
    hash: hashText(id),
    weight: 1,
    credit: 0,
    inFlight,
    terms: { ...PLAIN_TERMS, ...terms },
    window: { requests: 0, tokens },
    latencies: { mean: () => mean },
  }
}

export const asked: Asked = { model: 'm', session: null, streaming: false, tokens: 0, tags: [] }

/** A generator with a seed (mulberry32), so that what chance decides is the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const ids = (members: readonly { readonly id: string }[]): string[] =>
  members.map(({ id }) => id)

/** How often each came first. */
export function firsts(
  times: number,
  order: () => readonly { readonly id: string }[],
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let time = 0; time < times; time += 1) {
    const id = order()[0]?.id ?? 'nobody'
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}
