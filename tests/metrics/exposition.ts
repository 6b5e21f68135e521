import assert from 'node:assert/strict'

export type Labels = Readonly<Record<string, string>>

/** One line of a scrape. */
export interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

/** What a scrape says. */
export interface Scrape {
  readonly samples: readonly Sample[]
  readonly types: ReadonlyMap<string, string>
  /** The sum of the series that have at least these labels. */
  readonly sum: (name: string, labels?: Labels) => number
  /** The only series with at least these labels. */
  readonly one: (name: string, labels?: Labels) => Sample
  readonly all: (name: string, labels?: Labels) => readonly Sample[]
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
}

/**
 * Reads Prometheus's text format 0.0.4, strictly: each family is told of once, before its samples,
 * which stand together; no series comes twice; the buckets of a histogram add up.
 */
export function readScrape(text: string): Scrape {
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const types = new Map<string, string>()
  const helped = new Set<string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (comment) {
      const [, what, name = '', rest = ''] = comment
      if (what === 'HELP') {
        assert.ok(!helped.has(name), `${name} is told of twice`)
        helped.add(name)
        continue
      }
      assert.ok(!types.has(name) && helped.has(name), line)
      types.set(name, rest)
      family = name
      continue
    }
    const sample = readSample(line)
    const suffixes = SUFFIXES[types.get(family) ?? ''] ?? []
    assert.ok(
      suffixes.some((suffix) => family + suffix === sample.name),
      `${line} stands under ${family}`,
    )
    const key = JSON.stringify([sample.name, Object.entries(sample.labels)])
    assert.ok(!seen.has(key), `${line} comes twice`)
    seen.add(key)
    samples.push(sample)
  }
  const all = (name: string, labels: Labels = {}): readonly Sample[] =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
  for (const [name, type] of types) if (type === 'histogram') checkBuckets(name, all)
  return {
    samples,
    types,
    all,
    sum: (name, labels) => all(name, labels).reduce((total, { value }) => total + value, 0),
    one(name, labels) {
      const found = all(name, labels)
      assert.equal(
        found.length,
        1,
        `${name} ${JSON.stringify(labels ?? {})}: ${found.length} series`,
      )
      return found[0] as Sample
    },
  }
}

/** The scrape of a running gateway. */
export async function scrape(url: string): Promise<Scrape> {
  const reply = await fetch(`${url}/metrics`)
  assert.equal(reply.status, 200)
  assert.equal(reply.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return readScrape(await reply.text())
}

function readSample(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  assert.ok(match, `${line} is no sample`)
  const [, name = '', inner = '', number = ''] = match
  const labels: Record<string, string> = {}
  let rest = inner
  while (rest !== '') {
    const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,(?=.)|$)/.exec(rest)
    assert.ok(pair, `${rest} are no labels`)
    const [whole, label = '', value = ''] = pair
    assert.ok(!(label in labels), `${label} comes twice in ${line}`)
    labels[label] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    rest = rest.slice(whole.length)
  }
  const value = number === '+Inf' ? Infinity : Number(number)
  assert.ok(!Number.isNaN(value), `${line} has no value`)
  return { name, labels, value }
}

function checkBuckets(name: string, all: (name: string) => readonly Sample[]): void {
  const sets = new Map<string, Sample[]>()
  for (const sample of all(`${name}_bucket`)) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    sets.set(key, [...(sets.get(key) ?? []), sample])
  }
  const counts = new Map(
    all(`${name}_count`).map(({ labels, value }) => [JSON.stringify(labels), value]),
  )
  assert.equal(sets.size, counts.size, name)
  for (const [key, buckets] of sets) {
    assert.equal(buckets.at(-1)?.labels['le'], '+Inf')
    const values = buckets.map(({ value }) => value)
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
      `${name} grows`,
    )
    assert.equal(values.at(-1), counts.get(key), `${name} adds up`)
  }
}
