import { isObject } from '../plugin/index.ts'
import type { Logger } from '../util/log.ts'
import type { Redis } from './redis/redis.ts'

export interface SharedCooldownsOptions {
  readonly redis: Redis
  /** Of this process, so that it does not hear itself. */
  readonly instance: string
  /** Which upstreams this gateway knows. */
  readonly identities: () => readonly string[]
  /** Another gateway leaves this one alone for so many milliseconds more. */
  readonly cool: (identity: string, ms: number) => void
  readonly log: Logger
}

export interface SharedCooldowns {
  /** An upstream cools down here: the others hear of it, and those that start meanwhile find it. */
  began(identity: string, ms: number): void
}

/** What lengthens a cooldown by less is not told: every call that was under way may do so. */
const WORTH_TELLING_MS = 1_000

/**
 * Cooldowns of gateways on one Redis. They are told as what is left of them and not as a time of day,
 * because clocks differ. Resolves when those that are under way were learned.
 */
export async function shareCooldowns(options: SharedCooldownsOptions): Promise<SharedCooldowns> {
  const { redis, instance, identities, cool, log } = options
  const channel = redis.key('cooldowns')
  const keyOf = (identity: string): string => redis.key(`cooldown:${identity}`)
  const told = new Map<string, number>()

  async function learn(): Promise<void> {
    try {
      await Promise.all(
        identities().map(async (identity) => {
          const left = Number(await redis.command('PTTL', keyOf(identity)))
          if (left > 0) cool(identity, left)
        }),
      )
    } catch (error) {
      log.debug({ err: error }, 'cooldowns of other gateways could not be learned')
    }
  }

  redis.onReturn(() => void learn())
  await redis.subscribe(channel, (message) => {
    const said: unknown = parsed(message)
    if (!isObject(said) || said['from'] === instance) return
    const { identity, ms } = said
    if (typeof identity === 'string' && typeof ms === 'number') cool(identity, ms)
  })
  await learn()

  return {
    began(identity, ms) {
      const until = performance.now() + ms
      if (until < (told.get(identity) ?? -Infinity) + WORTH_TELLING_MS) return
      told.set(identity, until)
      const left = Math.ceil(ms)
      redis.command('SET', keyOf(identity), '1', 'PX', String(left)).catch((error: unknown) => {
        log.debug({ err: error }, 'a cooldown was not told to other gateways')
      })
      void redis.publish(channel, JSON.stringify({ from: instance, identity, ms: left }))
    },
  }
}

/** Undefined for what is no JSON: somebody else may use the channel. */
export function parsed(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
