import type { Crew } from './crew.ts'
import { medianOf, quantile, type Figures } from './figures.ts'
import { tracesIn } from './gateway.ts'
import { measureHeldBack, type HeldBack } from './held-back.ts'
import { makeLoad, type Seen } from './load.ts'
import type { Payload } from './payloads.ts'
import { startTargets, type Target, type TargetName } from './targets.ts'

export const CONCURRENCIES = [1, 16] as const
export type Concurrency = (typeof CONCURRENCIES)[number]
type ByTarget<T> = ReadonlyMap<TargetName, T>

/** Everything that was measured with one payload. */
export interface Measured {
  readonly payload: Payload
  readonly calls: number
  /** Bytes of the reply as the upstream sends it, and as a caller gets it that asked for nothing. */
  readonly bytesSent: number
  readonly bytesSeen: number
  /** Traces in the SQLite store; every call made to it has one, or the run fails. */
  readonly traces: number
  /** The highest share of one core that making the load took. */
  readonly ownShare: number
  readonly figures: ReadonlyMap<Concurrency, ByTarget<Figures>>
  /** Null for what is no stream. */
  readonly heldBack: ByTarget<HeldBack> | null
}

export interface Effort {
  readonly rounds: number
  /** Calls are divided by this. */
  readonly shorten: number
}

/** Measures one payload: every target in turn, and again, so that all see the same of the machine. */
export async function measure(crew: Crew, payload: Payload, effort: Effort): Promise<Measured> {
  const targets = await startTargets(crew, payload)
  const calls = Math.ceil(payload.calls / effort.shorten)
  const rounds = new Map(
    CONCURRENCIES.map((concurrency) => [concurrency, new Map<TargetName, Figures[]>()]),
  )
  const sent = new Map<TargetName, number>()
  const bodies = new Map<TargetName, Buffer>()
  let ownShare = 0

  async function load(target: Target, count: number, concurrency: Concurrency): Promise<Seen> {
    const firstSerial = sent.get(target.name) ?? 0
    sent.set(target.name, firstSerial + count)
    return makeLoad({ target, calls: count, concurrency, firstSerial })
  }

  for (const target of targets) {
    const { body } = await load(target, payload.warmup, 16)
    bodies.set(target.name, body)
  }
  checkBodies(bodies)

  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [concurrency, byTarget] of rounds) {
      for (const target of targets) {
        const before = await target.process.usage()
        const seen = await load(target, calls, concurrency)
        const { cpuMicros, rssBytes } = await target.process.usage()
        const figures = figuresOf(seen, cpuMicros - before.cpuMicros, rssBytes)
        byTarget.set(target.name, [...(byTarget.get(target.name) ?? []), figures])
        ownShare = Math.max(ownShare, seen.ownShare)
      }
    }
  }

  const traces = await checkTraces(targets, sent)
  const heldBack = payload.stream ? await measureHeldBack(targets, effort.rounds) : null
  await crew.stop()
  return {
    payload,
    calls,
    bytesSent: bodies.get('upstream')?.length ?? 0,
    bytesSeen: bodies.get('sqlite')?.length ?? 0,
    traces,
    ownShare,
    figures: new Map(
      [...rounds].map(([concurrency, byTarget]) => [
        concurrency,
        new Map([...byTarget].map(([name, list]) => [name, medianOf(list)])),
      ]),
    ),
    heldBack,
  }
}

function figuresOf({ firstByte, lastByte }: Seen, cpuMicros: number, rssBytes: number): Figures {
  return {
    cpuMicros: cpuMicros / lastByte.length,
    p50: quantile(lastByte, 0.5),
    p99: quantile(lastByte, 0.99),
    firstByteP50: quantile(firstByte, 0.5),
    firstByteP99: quantile(firstByte, 0.99),
    rssBytes,
  }
}

/** A measurement of the wrong thing is worse than none. @throws Error */
function checkBodies(bodies: ByTarget<Buffer>): void {
  const original = bodies.get('upstream')?.toString('latin1')
  for (const name of ['pass-through', 'asked'] as const) {
    if (bodies.get(name)?.toString('latin1') === original) continue
    throw new Error(`${name}: the reply is not what the upstream sent`)
  }
  for (const name of ['sqlite', 'memory'] as const) {
    if (!bodies.get(name)?.includes('"token_ids"')) continue
    throw new Error(`${name}: the caller sees token ids that it did not ask for`)
  }
}

/** Counts the traces in SQLite. @throws Error when a call has none */
async function checkTraces(targets: readonly Target[], sent: ByTarget<number>): Promise<number> {
  const gateway = targets.find(({ name }) => name === 'sqlite')
  const traces = gateway ? await tracesIn(gateway.process) : 0
  const calls = (sent.get('sqlite') ?? 0) + (sent.get('asked') ?? 0)
  if (traces !== calls) throw new Error(`${calls} calls were answered, ${traces} were recorded`)
  return traces
}
