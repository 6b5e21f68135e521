import type { Headers } from '../../plugin/index.ts'

/** How many names a header may hold. */
const MOST = 50

/** Says which of the caller's params were left out, because the provider has no counterpart. */
export function droppedParams(names: readonly string[]): Headers {
  // Callers may write any key, and not every one can stand in a header.
  const plain = names.filter((name) => /^[\w.-]{1,64}$/.test(name)).slice(0, MOST)
  return plain.length === 0 ? {} : { 'x-sluice-dropped-params': plain.join(', ') }
}
