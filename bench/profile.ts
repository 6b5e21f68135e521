/** Shows where the gateway's CPU goes: `node --conditions=sluice-source bench/profile.ts --only 156k`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { byPart, functionTimes, type FunctionTime, type Span } from './cpu-profile.ts'
import { createCrew } from './crew.ts'
import { startGateway } from './gateway.ts'
import { makeLoad } from './load.ts'
import { payloadNamed } from './options.ts'
import { requestMaker, type Payload } from './payloads.ts'
import { table } from './table.ts'
import { sluggedPath, type Target } from './targets.ts'

const SHOWN = 25
/** Of every other thread. */
const SHOWN_OTHER = 10
const CONCURRENCY = 16

interface ProfileOptions {
  readonly payload: Payload
  readonly store: 'sqlite' | 'memory'
  readonly asks: boolean
}

async function profile({ payload, store, asks }: ProfileOptions): Promise<void> {
  const crew = createCrew()
  try {
    const folder = crew.folder()
    const upstream = await crew.start('./upstream.ts', [payload.name])
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
    const gateway = await startGateway(crew, upstream.url, store, flags)
    const body = requestMaker(payload.stream, asks)
    const target: Target = { name: store, process: gateway, path: sluggedPath, body }
    const load = { target, concurrency: CONCURRENCY }
    await makeLoad({ ...load, calls: payload.warmup, firstSerial: 0 })
    const from = microsNow()
    await makeLoad({ ...load, calls: payload.calls, firstSerial: payload.warmup })
    const span = { from, to: microsNow() }
    await gateway.stop() // The profiles are written when the threads end.
    console.log(
      `${payload.title}, ${store}: ${payload.calls} calls, ${CONCURRENCY} at a time; µs per call.\n` +
        'Waiting for the disk counts as time; waiting for work does not.\n',
    )
    for (const [index, times] of threadsOf(folder, span).entries()) {
      const name = index === 0 ? 'Busiest thread' : `Thread ${index + 1}`
      console.log(`${report(name, times, payload.calls, index === 0 ? SHOWN : SHOWN_OTHER)}\n`)
    }
  } finally {
    await crew.stop()
  }
}

/** The profiles of all threads, the busiest first. */
function threadsOf(folder: string, span: Span): readonly (readonly FunctionTime[])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => functionTimes(join(folder, name), span))
    .filter((times) => times.length > 0)
    .toSorted((a, b) => allOf(b) - allOf(a))
}

function report(
  title: string,
  times: readonly FunctionTime[],
  calls: number,
  shown: number,
): string {
  const all = allOf(times)
  const cells = (micros: number): readonly string[] => [
    (micros / calls).toFixed(1),
    ((micros / all) * 100).toFixed(1),
  ]
  const numbers = (kind: string) => [[kind, 9] as const, ['%', 7] as const]
  const functions = (kind: 'self' | 'total', list: readonly FunctionTime[]): string =>
    table(
      [['', 0], ...numbers(kind), ['', 0]],
      list
        .toSorted((a, b) => b[kind] - a[kind])
        .slice(0, shown)
        .map((time) => ['', ...cells(time[kind]), `  ${time.name}  ${time.place}`]),
    )
  const parts = byPart(times).slice(0, 12)
  return [
    table(
      [[title, 28], ...numbers('self')],
      [...parts.map(([part, micros]) => [part, ...cells(micros)]), ['all', ...cells(all)]],
    ),
    functions('self', times),
    functions(
      'total',
      times.filter(({ part }) => /^(src|plugins)\//.test(part)),
    ),
  ].join('\n\n')
}

function allOf(times: readonly FunctionTime[]): number {
  return times.reduce((sum, { self }) => sum + self, 0)
}

function microsNow(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '10k' },
    store: { type: 'string', default: 'sqlite' },
    asked: { type: 'boolean', default: false },
  },
})
await profile({
  payload: payloadNamed(values.only),
  store: values.store === 'memory' ? 'memory' : 'sqlite',
  asks: values.asked,
})
