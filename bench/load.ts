import { setTimeout as wait } from 'node:timers/promises'
import { Pool, type Dispatcher } from 'undici'
import type { Target } from './targets.ts'

export interface Load {
  readonly target: Target<string>
  readonly calls: number
  /** Calls under way at any time; the next one starts when one ends. */
  readonly concurrency: number
  /** The number of the first call; a target must not see a number twice. */
  readonly firstSerial: number
  /** Milliseconds between the first calls of two callers; all at once by default. */
  readonly staggerMs?: number
}

/** What the caller saw. Times are milliseconds from sending the request, one per call. */
export interface Seen {
  readonly firstByte: number[]
  readonly lastByte: number[]
  /** From the moment the upstream let go of its first token; only of paced streams. */
  readonly onTheWay: number[]
  /** The body of the last reply. */
  readonly body: Buffer
  /** What making the load cost this process, as a share of one core. */
  readonly ownShare: number
}

interface Reply {
  readonly firstByte: number
  readonly lastByte: number
  readonly onTheWay: number | null
  readonly parts: readonly Buffer[]
}

/**
 * Makes calls in a closed loop over connections that stay open.
 *
 * @throws Error for a call that failed, or whose reply has another length than the one before it
 */
export async function makeLoad(load: Load): Promise<Seen> {
  const { target, calls, concurrency, firstSerial, staggerMs = 0 } = load
  const pool = new Pool(target.process.url, { connections: concurrency, pipelining: 1 })
  const firstByte: number[] = []
  const lastByte: number[] = []
  const onTheWay: number[] = []
  let started = 0
  let length = -1
  let last: Reply | undefined

  async function caller(_: unknown, index: number): Promise<void> {
    if (staggerMs > 0) await wait(index * staggerMs)
    while (started < calls) {
      const serial = firstSerial + started++
      const reply = await call(pool, target, serial)
      const size = reply.parts.reduce((sum, part) => sum + part.length, 0)
      if (length === -1) length = size
      if (size !== length) throw new Error(`${target.name}: ${size} bytes after ${length}`)
      firstByte.push(reply.firstByte)
      lastByte.push(reply.lastByte)
      if (reply.onTheWay !== null) onTheWay.push(reply.onTheWay)
      last = reply
    }
  }

  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  try {
    await Promise.all(Array.from({ length: concurrency }, caller))
    const { user, system } = process.cpuUsage(cpuBefore)
    return {
      firstByte,
      lastByte,
      onTheWay,
      body: Buffer.concat(last?.parts ?? []),
      ownShare: (user + system) / 1_000 / (performance.now() - begun),
    }
  } finally {
    await pool.destroy()
  }
}

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json',
  authorization: 'Bearer none',
  'user-agent': 'OpenAI/Python 1.99.0',
  'x-stainless-retry-count': '0',
}

function call(pool: Pool, target: Target<string>, serial: number): Promise<Reply> {
  const path = target.path(serial)
  const body = target.body(serial)
  const headers = target.key ? { ...HEADERS, authorization: `Bearer ${target.key}` } : HEADERS
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const parts: Buffer[] = []
    let firstByte = 0
    let sentAt: string | null = null
    let onTheWay: number | null = null
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        if (status !== 200) reject(new Error(`${path} answered ${status}`))
        sentAt = headers['x-first-token-at']?.toString() ?? null
      },
      onResponseData(_controller, bytes) {
        if (parts.length === 0) {
          firstByte = performance.now() - begun
          if (sentAt !== null) onTheWay = Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6
        }
        parts.push(bytes)
      },
      onResponseEnd: () =>
        resolve({ firstByte, lastByte: performance.now() - begun, onTheWay, parts }),
      onResponseError: (_controller, error) => reject(error),
    }
    pool.dispatch({ method: 'POST', path, headers, body }, handler)
  })
}
