import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareCooldowns, shareUsage, type Redis } from '../../src/shared/index.ts'
import { connected } from '../support/connected-redis.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

const skip = withoutRedis

/** Waits for what somebody else is told. */
function listener<T>(): { hear: (value: T) => void; next: () => Promise<T> } {
  const heard: T[] = []
  let waiting: ((value: T) => void) | undefined
  return {
    hear(value) {
      if (waiting) waiting(value)
      else heard.push(value)
      waiting = undefined
    },
    next() {
      const first = heard.shift()
      if (first !== undefined) return Promise.resolve(first)
      return new Promise((resolve) => (waiting = resolve))
    },
  }
}

test(
  'a cooldown is heard by others, by those that come later, and not by its own gateway',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    const of = async (
      instance: string,
      cool: (identity: string, ms: number) => void,
    ): ReturnType<typeof shareCooldowns> => {
      const redis = await connected(t, server.url)
      return shareCooldowns({
        redis,
        instance,
        cool,
        identities: () => ['a', 'b'],
        log: redis.heard.log,
      })
    }
    const own = listener<string>()
    const one = await of('one', (identity) => own.hear(identity))
    const other = listener<readonly [string, number]>()
    const told = await of('other', (...said) => other.hear(said))
    one.began('a', 60_000.5)
    assert.deepEqual(await other.next(), ['a', 60_001])

    const late = listener<readonly [string, number]>()
    await of('late', (...said) => late.hear(said))
    const [identity, left] = await late.next()
    assert.equal(identity, 'a')
    assert.ok(left > 50_000 && left <= 60_001)

    // Each call that was under way lengthens it a little; that is not told.
    one.began('a', 60_500)
    one.began('a', 90_000)
    assert.deepEqual(await other.next(), ['a', 90_000])
    told.began('b', 1_000)
    assert.deepEqual(await late.next(), ['a', 90_000])
    assert.deepEqual(await late.next(), ['b', 1_000])
    assert.equal(await own.next(), 'b')
  },
)

interface Use {
  readonly identity: string
  readonly minute: number
  readonly requests: number
  readonly tokens: number
}

test(
  'what each gateway used reaches all others as one sum, and those that come later',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    const minute = Math.floor(Date.now() / 60_000)
    const use = (requests: number): Use => ({
      identity: 'a',
      minute,
      requests,
      tokens: requests * 10,
    })
    const of = async (instance: string, used: () => readonly Use[]) => {
      const redis: Redis & { heard: { log: Parameters<typeof shareUsage>[0]['log'] } } =
        await connected(t, server.url)
      const elsewhere = listener<Use>()
      t.after(
        await shareUsage({
          redis,
          instance,
          used,
          usedElsewhere: elsewhere.hear,
          log: redis.heard.log,
        }),
      )
      return elsewhere
    }
    let mine = use(0)
    await of('one', () => [mine])
    const third = await of('third', () => [])
    mine = use(3)
    assert.deepEqual(await third.next(), use(3))
    await of('other', () => [use(4)])
    assert.deepEqual(await third.next(), use(7))
    mine = use(5)
    assert.deepEqual(await third.next(), use(9))
    const late = await of('late', () => [])
    const learned = [await late.next(), await late.next()]
    assert.deepEqual(learned.at(-1), use(9))
  },
)

test(
  'a gateway whose clock is ahead does not make what the others used forgotten',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    const redis = await connected(t, server.url)
    const elsewhere = listener<Use>()
    const { log } = redis.heard
    const shared = { redis, log, instance: 'one', used: () => [], usedElsewhere: elsewhere.hear }
    t.after(await shareUsage(shared))
    const minute = Math.floor(Date.now() / 60_000)
    const tell = (from: string, use: Use): Promise<void> =>
      redis.publish(redis.key('usage'), JSON.stringify({ from, used: [use] }))
    await tell('even', { identity: 'a', minute, requests: 3, tokens: 30 })
    await tell('ahead', { identity: 'a', minute: minute + 5, requests: 9, tokens: 90 })
    await tell('late', { identity: 'a', minute: minute - 1, requests: 7, tokens: 70 })
    await tell('other', { identity: 'a', minute, requests: 1, tokens: 10 })
    const heard = [await elsewhere.next(), await elsewhere.next(), await elsewhere.next()]
    if (Math.floor(Date.now() / 60_000) !== minute) return t.skip('a minute began in between')
    assert.deepEqual(
      heard.map(({ requests }) => requests),
      [3, 3, 4],
    )
  },
)
