import { randomUUID } from 'node:crypto'
import { GatewayError } from '../../errors/index.ts'
import type { Claim, Counters, Limit, Settled, Standing } from '../counters.ts'
import { CLAIM, SETTLE } from './counter-scripts.ts'
import type { Redis } from './redis.ts'
import { createUntoldEnds, type End } from './untold-ends.ts'

export interface RedisCountersOptions {
  readonly redis: Redis
  /** Under which this gateway says what it spent; the same after a restart. */
  readonly gatewayId: string
  readonly windowMs?: number
}

const WINDOW_MS = 60_000

/**
 * Counters in Redis: one script for each claim and one to settle it, so that whoever shares them counts
 * as one. What each gateway spent is said anew with every claim, so a Redis that forgot it learns it.
 */
export function createRedisCounters(options: RedisCountersOptions): Counters {
  const { redis, gatewayId, windowMs = WINDOW_MS } = options
  const untold = createUntoldEnds(redis)

  function keysOf(limits: readonly Limit[]): readonly string[] {
    return limits.flatMap(({ kind, name }) => [
      redis.key(`${kind}:${name}`),
      redis.key(`spent:${name}`),
    ])
  }

  return {
    async claim(limits, lifeMs): Promise<Claim> {
      const id = randomUUID()
      const keys = keysOf(limits)
      const asked = limits.flatMap((limit) => [
        limit.kind,
        limit.limit === null ? '' : String(limit.limit),
        String(limit.amount),
        spentOf(limit),
      ])
      const args = [id, gatewayId, String(lifeMs), String(windowMs), ...asked]

      /** How it ended; without windows and what was spent where it may be told late, or twice. */
      const endOf = (settled: Settled | null, windows: readonly string[]): End => {
        const said = limits.flatMap(({ kind, amount }, at) => [
          kind,
          String(amount),
          String(settled?.used[at] ?? amount),
          settled ? String(settled.spent[at] ?? 0) : '',
          windows[at] ?? '',
        ])
        return { keys, args: [id, gatewayId, ...said] }
      }

      const reply = await redis.run(CLAIM, keys, args).catch((thrown: unknown) => {
        // It may have been counted all the same, where only the answer came too late.
        untold.add(endOf(null, []))
        throw thrown
      })
      void untold.tell()
      const { refusedAt, standings, windows } = read(reply, limits)
      const refused = standings[refusedAt]
      if (refused) return { admitted: false, refused }

      let isSettled = false
      return {
        admitted: true,
        standings,
        async settle(settled) {
          if (isSettled) return
          isSettled = true
          const { args: said } = endOf(settled, windows)
          await redis.run(SETTLE, keys, said).catch((thrown: unknown) => {
            // What was used in a window may have been counted, and what was spent is more by then.
            untold.add(endOf(null, []))
            throw thrown
          })
        },
      }
    },
  }
}

function spentOf(limit: Limit): string {
  return limit.kind === 'budget' ? String(limit.spent) : '0'
}

interface Read {
  /** Of the limit that is used up; -1 when none is. */
  readonly refusedAt: number
  readonly standings: readonly Standing[]
  /** Who began the window of each limit. */
  readonly windows: readonly string[]
}

function read(reply: unknown, limits: readonly Limit[]): Read {
  if (!Array.isArray(reply) || reply.length !== 1 + limits.length * 3) {
    throw new GatewayError('shared_state_unavailable', {
      detail: 'the reply of Redis cannot be read',
      owner: 'redis',
    })
  }
  const fields: readonly unknown[] = reply
  const standings = limits.map((limit, at): Standing => {
    const resetsInMs = Number(fields[at * 3 + 2])
    const used = Number(fields[at * 3 + 1])
    return { limit, used, resetsInMs: resetsInMs < 0 ? null : resetsInMs }
  })
  const windows = limits.map((_, at) => String(fields[at * 3 + 3]))
  return { refusedAt: Number(fields[0]) - 1, standings, windows }
}
