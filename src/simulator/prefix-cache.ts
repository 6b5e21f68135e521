import { hashNumbers } from './random.ts'

/** Tokens that are cached together; a prompt's last, incomplete block never is. */
const BLOCK = 16

/** Blocks that are remembered, so that a long run does not grow without end. */
const MOST_BLOCKS = 200_000

/** Remembers which beginnings of prompts were seen, block by block, as prefix caching does. */
export class PrefixCache {
  readonly #blocks = new Set<number>()
  #queries = 0
  #hits = 0

  /** Answers how many tokens at the beginning of a prompt were seen before, then remembers it. */
  lookup(ids: readonly number[]): number {
    if (this.#blocks.size > MOST_BLOCKS) this.#blocks.clear()
    let hash = BLOCK
    let cached = 0
    for (let at = 0; at + BLOCK < ids.length; at += BLOCK) {
      hash = hashNumbers(ids.slice(at, at + BLOCK), hash)
      if (this.#blocks.has(hash) && cached === at) cached = at + BLOCK
      this.#blocks.add(hash)
    }
    this.#queries += ids.length
    this.#hits += cached
    return cached
  }

  /** Tokens that were looked up and tokens that were found. */
  get totals(): { readonly queries: number; readonly hits: number } {
    return { queries: this.#queries, hits: this.#hits }
  }
}
