import { spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import type { Crew, Member } from './crew.ts'
import { quantile } from './figures.ts'
import { startGateway } from './gateway.ts'
import { makeLoad } from './load.ts'
import type { Effort } from './measure.ts'
import { payloadNamed } from './options.ts'
import { requestMaker } from './payloads.ts'
import { sluggedPath, type Target } from './targets.ts'

/** The same gateway without keys; with keys, limits and routing; and with its limits in Redis. */
export const GUARDS = ['open', 'keys', 'redis'] as const
export type Guard = (typeof GUARDS)[number]

/** What keys, limits and routing were measured to cost. */
export interface GuardedFigures {
  readonly concurrency: number
  /** Microseconds of CPU a call; null for what could not be measured. */
  readonly cpuMicros: Readonly<Record<Guard, number | null>>
  /** The same as a share of what `open` took in the same turn: the median over the turns. */
  readonly cpuShare: Readonly<Record<Guard, number | null>>
  /** Milliseconds a call, one of two. */
  readonly p50: Readonly<Record<Guard, number | null>>
}

const KEY = 'sk-bench-0123456789abcdefghij'
const MODEL = 'Qwen/Qwen3-8B'
/** What is compared differs by little: functions that are compiled late would decide. */
const WARMUPS = 3
/** Many short turns in place of each long one, because the machine changes from one to the next. */
const TURNS = 4
/** So large that nobody is ever refused. */
const PLENTY = 1_000_000_000

/** Measures calls of the 10 kB payload in turn through the gateways, one at a time and sixteen. */
export async function measureGuarded(
  crew: Crew,
  { rounds, shorten }: Effort,
): Promise<readonly GuardedFigures[]> {
  const { name, calls, warmup } = payloadNamed('10k')
  const upstream = await crew.start('./upstream.ts', [name])
  const targets = await startGuarded(crew, upstream.url)
  const sent = new Map<Guard, number>()
  const load = (
    target: Target<Guard>,
    count: number,
    concurrency: number,
  ): ReturnType<typeof makeLoad> => {
    const firstSerial = sent.get(target.name) ?? 0
    sent.set(target.name, firstSerial + count)
    return makeLoad({ target, calls: count, concurrency, firstSerial })
  }
  for (const target of targets) await load(target, WARMUPS * warmup, 16)
  const figures: GuardedFigures[] = []
  for (const concurrency of [1, 16]) {
    const cpu = new Map<Guard, number[]>()
    const times = new Map<Guard, number[]>()
    for (let turn = 0; turn < TURNS * rounds; turn += 1) {
      // Whoever goes first finds the machine as the last turn left it.
      for (const target of turn % 2 === 0 ? targets : targets.toReversed()) {
        const before = await target.process.usage()
        const { lastByte } = await load(target, Math.ceil(calls / shorten / TURNS), concurrency)
        const after = await target.process.usage()
        const micros = (after.cpuMicros - before.cpuMicros) / lastByte.length
        cpu.set(target.name, [...(cpu.get(target.name) ?? []), micros])
        times.set(target.name, [...(times.get(target.name) ?? []), quantile(lastByte, 0.5)])
      }
    }
    figures.push({
      concurrency,
      cpuMicros: medians(cpu),
      cpuShare: medians(sharesOf(cpu)),
      p50: medians(times),
    })
  }
  await crew.stop()
  return figures
}

async function startGuarded(crew: Crew, url: string): Promise<readonly Target<Guard>[]> {
  const guarded = {
    keys: {
      master_key: 'sk-bench-master-0123456789abcdef',
      limits: {
        [KEY]: {
          rpm: PLENTY,
          tpm: PLENTY,
          max_parallel_requests: PLENTY,
          max_budget: PLENTY,
        },
      },
    },
    upstreams: ['a', 'b'].map((name) => ({
      name,
      url,
      kind: 'vllm',
      models: [MODEL],
      price: { input_per_token: 1e-7, output_per_token: 4e-7 },
    })),
    routing: { strategy: 'least-busy', retries: 2, cooldown_ms: 5_000 },
  }
  const redisPort = await startRedis(crew)
  const gateways: readonly (readonly [Guard, Member])[] = [
    ['open', await startGateway(crew, url, 'sqlite')],
    ['keys', await startGateway(crew, url, 'sqlite', [], guarded)],
    ...(redisPort === null
      ? []
      : [
          [
            'redis',
            await startGateway(crew, url, 'sqlite', [], { ...guarded, redis: { port: redisPort } }),
          ] as const,
        ]),
  ]
  const body = requestMaker(false, false)
  return gateways.map(([name, process]) => ({ name, process, key: KEY, path: sluggedPath, body }))
}

/** A Redis of its own, which keeps nothing; null where none is installed. */
async function startRedis(crew: Crew): Promise<number | null> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null
  const port = await freePort()
  const dir = crew.folder()
  const args = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', dir]
  await crew.run('redis-server', args, 'Ready to accept connections')
  return port
}

/** A port that was free a moment ago: Redis takes 0 for no port at all. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function sharesOf(cpu: ReadonlyMap<Guard, readonly number[]>): Map<Guard, readonly number[]> {
  const open = cpu.get('open') ?? []
  return new Map(
    [...cpu].map(([guard, list]) => [guard, list.map((micros, at) => micros / (open[at] ?? 0))]),
  )
}

function medians(lists: ReadonlyMap<Guard, readonly number[]>): Record<Guard, number | null> {
  const of = (guard: Guard): number | null => {
    const list = lists.get(guard)
    return list ? quantile(list, 0.5) : null
  }
  return { open: of('open'), keys: of('keys'), redis: of('redis') }
}
