/** What stands for every value that gets no series of its own. */
export const OTHER = 'other'

/** Characters of a label value. Names of models and servers are far shorter. */
const MAX_LENGTH = 128

/** Lets so many values be labels, so that what callers write cannot make series without end. */
export interface LabelValues {
  /** The value where it is known or there is room for it, else `other`. */
  readonly learn: (value: unknown) => string
  /** The value where it is known, else `other`. Takes no room. */
  readonly known: (value: unknown) => string
}

/** First come, first served, up to `most` values; `named` tells of those that need no room. */
export function createLabelValues(
  most: number,
  named: (value: string) => boolean = () => false,
): LabelValues {
  const learnt = new Set<string>()
  const isKnown = (value: string): boolean => value === '' || learnt.has(value) || named(value)
  return {
    learn(value) {
      const text = labelText(value)
      if (isKnown(text)) return text
      if (text === OTHER || learnt.size >= most) return OTHER
      learnt.add(text)
      return text
    },
    known(value) {
      const text = labelText(value)
      return isKnown(text) ? text : OTHER
    },
  }
}

/**
 * A value as it can be a label: of bounded length, without what breaks lines. Without bars, too: the
 * client library joins values with them to find a series, and would take two for one.
 */
function labelText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' &&
    value.length <= MAX_LENGTH &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}|]/u.test(value)
    ? value
    : OTHER
}
