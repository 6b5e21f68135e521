import { GUARDS, type Guard, type GuardedFigures } from './guarded.ts'
import { count, ratio, table } from './table.ts'

const TITLES: Readonly<Record<Guard, string>> = {
  open: 'SQLite, no keys',
  keys: 'keys, limits, routing',
  redis: 'the same, in Redis',
}

/** The table of what keys, limits and routing cost. */
export function guardedReport(measured: readonly GuardedFigures[]): string {
  const tables = measured.map((figures) => {
    const { cpuMicros, cpuShare, p50 } = figures
    const rows = GUARDS.map((guard) => {
      const cpu = cpuMicros[guard]
      const time = p50[guard]
      if (cpu === null || time === null) return [`${TITLES[guard]}: no redis-server here`]
      return [
        TITLES[guard],
        count(cpu),
        cpuShare[guard]?.toFixed(2) ?? '-',
        time.toFixed(2),
        ratio(time, p50.open ?? undefined),
      ]
    })
    return table(
      [
        [`${figures.concurrency} at a time`, 26],
        ['CPU µs', 9],
        ['÷ none', 9],
        ['p50 ms', 9],
        ['÷ none', 9],
      ],
      rows,
    )
  })
  return [
    'Keys, limits and routing: the 10 kB payload through the same gateway without keys and with a\n' +
      'virtual key that has limits of every kind, between two upstreams by least-busy',
    ...tables,
  ].join('\n\n')
}

/** The one line that says it all. */
export function guardedVerdict(measured: readonly GuardedFigures[]): string {
  const share = (guard: Guard): string => measured.at(-1)?.cpuShare[guard]?.toFixed(2) ?? '-'
  return `keys, limits and routing: CPU ${share('keys')} of the call without (in Redis: ${share('redis')})`
}
