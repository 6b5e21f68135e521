import { cpus } from 'node:os'
import { GAP_MS, PACED_CALLERS, type HeldBack } from './held-back.ts'
import type { Concurrency, Measured } from './measure.ts'
import { REQUEST_BYTES } from './payloads.ts'
import { count, ratio, table } from './table.ts'
import type { TargetName } from './targets.ts'

const TITLES: Readonly<Record<TargetName, string>> = {
  upstream: 'upstream alone (U)',
  'pass-through': 'pass-through (P)',
  sqlite: 'Sluice, SQLite FULL',
  memory: 'Sluice, memory',
  asked: 'SQLite, caller asked',
}
const NAMES = Object.keys(TITLES) as readonly TargetName[]

/** What every figure of a run has in common. */
export function head(rounds: number): string {
  return [
    `Sluice bench: Node ${process.versions.node}, ${process.platform} ${process.arch}, ` +
      `${cpus().length} cores; medians of ${rounds} round${rounds === 1 ? '' : 's'}`,
    `Requests of ${count(REQUEST_BYTES)} B to an upstream of kind vllm; closed loop; the load is made`,
    'on the same cores. CPU: user and system of the whole process, per call.',
    'P: Koa + undici pass-through without capture. U: the upstream, called directly.',
    '+ means: more than U. The caller asked: for logprobs and ids, so nothing is cut.',
  ].join('\n')
}

/** The tables of one payload. */
export function payloadReport(measured: Measured): string {
  const { payload, bytesSent, bytesSeen, calls, traces, ownShare, heldBack } = measured
  const sections = [
    `${payload.title}: the upstream sends ${count(bytesSent)} B, the caller gets ` +
      `${count(bytesSeen)} B;\n${count(calls)} calls a round; all ${count(traces)} are in SQLite; ` +
      `making the load took up to ${ownShare.toFixed(2)} cores`,
  ]
  for (const concurrency of measured.figures.keys()) {
    sections.push(costTable(measured, concurrency))
    if (payload.stream) sections.push(firstByteTable(measured, concurrency))
  }
  if (heldBack) sections.push(heldBackReport(heldBack))
  return sections.join('\n\n')
}

function costTable({ figures }: Measured, concurrency: Concurrency): string {
  const of = figures.get(concurrency)
  const up = of?.get('upstream')
  const pass = of?.get('pass-through')
  const rows = NAMES.map((name) => {
    const own = of?.get(name)
    if (!own || !up || !pass) return [TITLES[name]]
    const isUpstream = name === 'upstream'
    return [
      TITLES[name],
      count(own.cpuMicros),
      ratio(own.cpuMicros, pass.cpuMicros),
      own.p50.toFixed(2),
      ratio(own.p50, up.p50),
      isUpstream ? '-' : (own.p50 - up.p50).toFixed(2),
      isUpstream ? '-' : ratio(own.p50 - up.p50, pass.p50 - up.p50),
      isUpstream ? '-' : (own.p99 - up.p99).toFixed(2),
      count(own.rssBytes / 1e6),
    ]
  })
  return table(
    [
      [`${concurrency} at a time`, 22],
      ['CPU µs', 7],
      ['÷ P', 7],
      ['p50 ms', 8],
      ['÷ U', 7],
      ['+p50 ms', 8],
      ['÷ P', 7],
      ['+p99 ms', 8],
      ['RSS MB', 7],
    ],
    rows,
  )
}

function firstByteTable({ figures }: Measured, concurrency: Concurrency): string {
  const of = figures.get(concurrency)
  const up = of?.get('upstream')
  const pass = of?.get('pass-through')
  const rows = NAMES.map((name) => {
    const own = of?.get(name)
    return [
      TITLES[name],
      own?.firstByteP50.toFixed(2) ?? '-',
      ratio(own?.firstByteP50, up?.firstByteP50),
      ratio(own?.firstByteP50, pass?.firstByteP50),
      own?.firstByteP99.toFixed(2) ?? '-',
      ratio(own?.firstByteP99, pass?.firstByteP99),
    ]
  })
  return table(
    [
      ['  first byte', 22],
      ['p50 ms', 9],
      ['÷ U', 8],
      ['÷ P', 8],
      ['p99 ms', 9],
      ['÷ P', 8],
    ],
    rows,
  )
}

function heldBackReport(heldBack: ReadonlyMap<TargetName, HeldBack>): string {
  const pass = heldBack.get('pass-through')
  const rows = NAMES.map((name) => {
    const own = heldBack.get(name)
    return [
      TITLES[name],
      own?.onTheWayP50.toFixed(2) ?? '-',
      own && pass ? (own.onTheWayP50 - pass.onTheWayP50).toFixed(2) : '-',
      own?.firstByteP50.toFixed(2) ?? '-',
      ratio(own?.firstByteP50, pass?.firstByteP50),
      own?.firstByteP99.toFixed(2) ?? '-',
      own?.lastByteP50.toFixed(1) ?? '-',
      own && pass ? (own.lastByteP50 - pass.lastByteP50).toFixed(2) : '-',
    ]
  })
  const title =
    `Held back: a token every ${GAP_MS} ms, ${PACED_CALLERS} streams at a time. On its way: the first\n` +
    'token, from leaving the upstream to the caller; first, last: since the call began.'
  const columns = [
    ['', 22],
    ['way p50', 8],
    ['- P ms', 8],
    ['first p50', 10],
    ['÷ P', 7],
    ['first p99', 10],
    ['last p50', 9],
    ['- P ms', 8],
  ] as const
  return `${title}\n\n${table(columns, rows)}`
}

/** The one line that says it all. */
export function verdict({ payload, figures }: Measured): string {
  const share = (concurrency: Concurrency): string => {
    const of = figures.get(concurrency)
    return ratio(of?.get('sqlite')?.cpuMicros, of?.get('pass-through')?.cpuMicros)
  }
  return `${payload.title}: CPU ${share(16)} of pass-through (one at a time: ${share(1)})`
}
