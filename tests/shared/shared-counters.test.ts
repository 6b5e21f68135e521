import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryCounters, createSharedCounters } from '../../src/shared/index.ts'
import { connected } from '../support/connected-redis.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { admitted, held, LIFE_MS, window } from './counters.contract.ts'

const skip = withoutRedis

for (const whenGone of ['open', 'closed'] as const) {
  const what = whenGone === 'open' ? 'a gateway counts for itself' : 'nobody gets in'
  test(
    `${whenGone}: while Redis is gone ${what}, and then all count together again`,
    { skip },
    async (t) => {
      const server = await startRedis(t)
      const redis = await connected(t, server.url)
      const { log } = redis.heard
      const own = createMemoryCounters()
      const counters = createSharedCounters({ redis, gatewayId: 'g', own, whenGone, log })
      const limits = [window('a', 2), held('b', 2)]
      const under = await admitted(counters.claim(limits, LIFE_MS))

      const lost = redis.heard.line('trying again')
      await server.stop()
      await lost
      // What it cannot tell Redis any more is no error of the call.
      await under.settle({ used: [1, 1], spent: [0, 0] })
      const claims = await Promise.allSettled([1, 2, 3].map(() => counters.claim(limits, LIFE_MS)))
      const outcomes = claims.map((claim) =>
        claim.status === 'rejected'
          ? (claim.reason as { code: string }).code
          : claim.value.admitted,
      )
      const gone = 'shared_state_unavailable'
      assert.deepEqual(outcomes, whenGone === 'open' ? [true, true, false] : [gone, gone, gone])

      const back = new Promise<void>((resolve) => redis.onReturn(resolve))
      await server.start()
      await back
      const { standings } = await admitted(counters.claim(limits, LIFE_MS))
      assert.deepEqual(
        standings.map(({ used }) => used),
        [1, 1],
      )
    },
  )
}
