import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'

/**
 * Label values by name. A family takes those it has and ignores the others. What it takes of an object
 * it remembers: who adds often does so with the same object.
 */
export type Labels = Readonly<Record<string, string>>

/** Adds to the series with these labels; 1 unless told otherwise. */
export type Add = (labels: Labels, value?: number) => void
export type Observe = (labels: Labels, value: number) => void

/** Makes the families of one registry. A label without a value is the empty text, as if it were not there. */
export interface Families {
  readonly counter: (name: string, help: string, names?: readonly string[]) => Add
  readonly histogram: (
    name: string,
    help: string,
    buckets: readonly number[],
    names?: readonly string[],
  ) => Observe
  /** Values that are told anew for each scrape: what is not told any more is gone. */
  readonly told: (
    type: 'gauge' | 'counter',
    name: string,
    help: string,
    names?: readonly string[],
  ) => (values: readonly (readonly [Labels, number])[]) => void
}

const NO_LABELS: Record<string, string> = {}

export function createFamilies(registry: Registry): Families {
  const registers = [registry]
  return {
    counter(name, help, labelNames = []) {
      const family = new Counter({ name, help, labelNames, registers })
      const pick = createPick(labelNames)
      return (labels, value = 1) => family.inc(pick(labels), value)
    },
    histogram(name, help, buckets, labelNames = []) {
      const family = new Histogram({ name, help, labelNames, registers, buckets: [...buckets] })
      const pick = createPick(labelNames)
      return (labels, value) => family.observe(pick(labels), value)
    },
    told(type, name, help, labelNames = []) {
      const options = { name, help, labelNames, registers }
      const family = type === 'gauge' ? new Gauge(options) : new Counter(options)
      const pick = createPick(labelNames)
      return (values) => {
        family.reset()
        for (const [labels, value] of values) family.inc(pick(labels), value)
      }
    },
  }
}

function createPick(names: readonly string[]): (labels: Labels) => Record<string, string> {
  if (names.length === 0) return () => NO_LABELS
  const picked = new WeakMap<Labels, Record<string, string>>()
  return (labels) => {
    const known = picked.get(labels)
    if (known) return known
    const own = Object.fromEntries(names.map((name) => [name, labels[name] ?? '']))
    picked.set(labels, own)
    return own
  }
}
