import { isObject } from '../plugin/index.ts'
import type { Logger } from '../util/log.ts'
import type { Redis } from './redis/redis.ts'
import { scriptOf } from './redis/script.ts'
import { parsed } from './shared-cooldowns.ts'

/** What one upstream was used for in one minute of the clock. */
export interface Use {
  readonly identity: string
  readonly minute: number
  readonly requests: number
  readonly tokens: number
}

export interface SharedUsageOptions {
  readonly redis: Redis
  /** Of this process: what it used before a restart was used by somebody else, and counts as well. */
  readonly instance: string
  /** What this gateway used in the minute under way. */
  readonly used: () => readonly Use[]
  /** Takes what all other gateways used. */
  readonly usedElsewhere: (use: Use) => void
  readonly log: Logger
}

/** How often what changed is told, in milliseconds. */
const EVERY_MS = 200
const MINUTE_MS = 60_000

/** KEYS: the hash of the minute; ARGV: its life in milliseconds, channel, message, then fields and values. */
const TELL = scriptOf(`
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('PUBLISH', ARGV[2], ARGV[3])
`)

/**
 * Tells what this gateway used of its upstreams, five times a second at most, and learns what others
 * used. Off the path of calls, so limits of upstreams that gateways share are kept nearly, not exactly.
 * Resolves when the minute under way was learned, to what ends it.
 */
export async function shareUsage(options: SharedUsageOptions): Promise<() => void> {
  const { redis, instance, used, usedElsewhere, log } = options
  const channel = redis.key('usage')
  const keyOf = (minute: number): string => redis.key(`usage:${minute}`)
  const others = new Map<string, Map<string, Use>>()
  const told = new Map<string, Use>()
  let telling = false

  /** Clocks differ: who has come to the next minute already must not make those of this one forgotten. */
  function heard(from: string, use: Use): void {
    const minute = minuteNow()
    if (from === instance || use.minute < minute) return
    const { identity } = use
    const said = others.get(identity) ?? new Map<string, Use>()
    others.set(identity, said.set(from, use))
    let requests = 0
    let tokens = 0
    for (const [other, each] of said) {
      if (each.minute < minute) said.delete(other)
      if (each.minute !== minute) continue
      requests += each.requests
      tokens += each.tokens
    }
    usedElsewhere({ identity, minute, requests, tokens })
  }

  async function learn(): Promise<void> {
    const minute = minuteNow()
    try {
      const fields = await redis.command('HGETALL', keyOf(minute))
      if (!Array.isArray(fields)) return
      for (let at = 0; at < fields.length; at += 2) {
        const [identity = '', from = ''] = String(fields[at]).split(':')
        const [requests, tokens] = String(fields[at + 1])
          .split(' ')
          .map(Number)
        heard(from, { identity, minute, requests: requests ?? 0, tokens: tokens ?? 0 })
      }
    } catch (error) {
      log.debug({ err: error }, 'what other gateways used could not be learned')
    }
  }

  async function tell(): Promise<void> {
    if (telling || !redis.available) return
    const changed = used().filter((use) => !isTold(use, told.get(use.identity)))
    const minute = changed[0]?.minute
    if (minute === undefined) return
    telling = true
    const message = JSON.stringify({ from: instance, used: changed })
    const fields = changed.flatMap(({ identity, requests, tokens }) => [
      `${identity}:${instance}`,
      `${requests} ${tokens}`,
    ])
    try {
      await redis.run(TELL, [keyOf(minute)], [String(2 * MINUTE_MS), channel, message, ...fields])
      for (const use of changed) told.set(use.identity, use)
    } catch (error) {
      log.debug({ err: error }, 'what was used was not told to other gateways')
    } finally {
      telling = false
    }
  }

  redis.onReturn(() => void learn())
  await redis.subscribe(channel, (message) => {
    const said = parsed(message)
    if (!isObject(said) || typeof said['from'] !== 'string' || !Array.isArray(said['used'])) return
    for (const use of said['used'].filter(isUse)) heard(said['from'], use)
  })
  await learn()
  const timer = setInterval(() => void tell(), EVERY_MS).unref()
  return () => clearInterval(timer)
}

function minuteNow(): number {
  return Math.floor(Date.now() / MINUTE_MS)
}

/** Nothing is told of what was not used. */
function isTold(use: Use, before: Use | undefined): boolean {
  if (use.minute !== before?.minute) return use.requests === 0 && use.tokens === 0
  return use.requests === before.requests && use.tokens === before.tokens
}

function isUse(value: unknown): value is Use {
  if (!isObject(value) || typeof value['identity'] !== 'string') return false
  return [value['minute'], value['requests'], value['tokens']].every(Number.isFinite)
}
