/**
 * What each `*` of the pattern stands for in the model, the first ones for as little as possible; null
 * when it does not fit. No regular expression: with several stars a long name would take them forever.
 */
export function starsOf(pattern: string, model: string): readonly string[] | null {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return pattern === model ? [] : null
  const end = model.length - tail.length
  if (end < head.length || !model.startsWith(head) || !model.endsWith(tail)) return null
  const stars: string[] = []
  let at = head.length
  for (const piece of rest) {
    const found = model.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return null
    stars.push(model.slice(at, found))
    at = found + piece.length
  }
  return [...stars, model.slice(at, end)]
}

/** Of the patterns that fit the model, the one with the most letters beside its `*`. */
export function mostSpecific(patterns: Iterable<string>, model: string): string | undefined {
  let best: string | undefined
  for (const pattern of patterns) {
    if (starsOf(pattern, model) === null) continue
    if (best === undefined || literal(pattern) > literal(best)) best = pattern
  }
  return best
}

/** How many letters a pattern has beside its `*`. */
export function literal(pattern: string): number {
  return pattern.replaceAll('*', '').length
}
