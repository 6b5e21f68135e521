import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { checkConfig } from '../../src/config/index.ts'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import type { RawReply } from '../support/raw-client.ts'
import { startRedis, withoutRedis, type RunningRedis } from '../support/redis.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

test('without a word about where it is, it is in the Redis of this machine', () => {
  const { redis } = checkConfig({ cache: { kind: 'redis' } })
  assert.deepEqual([redis?.host, redis?.port], ['127.0.0.1', 6379])
  assert.equal(checkConfig({ cache: { kind: 'memory' } }).redis, undefined)
})

test('a gateway starts and answers where its Redis was never there', async (t) => {
  const { upstream, ask } = await startCaching(t, {
    cache: { kind: 'redis' },
    config: { redis: { host: '127.0.0.1', port: 1 } },
  })
  upstream.play(single(completion('x')))
  for (const reply of [await ask(chat(false)), await ask(chat(false))]) {
    assert.deepEqual([reply.status, saidOf(reply)], [200, 'miss'])
  }
})

describe('a cache in Redis', { skip: withoutRedis }, () => {
  const scope = createScope()
  let redis: RunningRedis
  let upstream: ScriptedUpstream
  let one: CachingGateway
  let other: CachingGateway

  const start = (): Promise<CachingGateway> =>
    startCaching(scope, {
      upstream,
      cache: { kind: 'redis', namespace: 'team' },
      config: { redis: { url: redis.url, namespace: 'ours' } },
    })

  before(async () => {
    redis = await startRedis(scope)
    upstream = await startUpstream(scope)
    one = await start()
    other = await start()
  })
  after(() => scope.close())

  /** Where an answer is kept in Redis. */
  const placeOf = ({ headers }: RawReply): string =>
    `ours:cache:${String(headers['x-litellm-cache-key'])}`

  /** Answers are kept after the caller has them. */
  async function kept(reply: RawReply): Promise<void> {
    while ((await redis.cli('EXISTS', placeOf(reply))) !== '1');
  }

  test('answers calls of every gateway, byte for byte', async () => {
    upstream.play(stream([roleEvent(), tokenEvent('ä', { ids: [7], finish: 'stop' }), DONE]))
    const first = await one.ask(chat(true))
    await kept(first)
    const asked = upstream.seen.length
    const second = await other.ask(chat(true))
    assert.deepEqual([saidOf(first), saidOf(second)], ['miss', 'hit'])
    assert.deepEqual(second.body, first.body)
    assert.equal(upstream.seen.length, asked)
    assert.deepEqual((await other.traceOf(second)).completion_token_ids, [7])
  })

  test('keeps an answer as long as was said', async () => {
    upstream.play(single(completion('x')))
    const timed = await one.ask(chat(false, { seed: 1, cache: { ttl: 100 } }))
    await kept(timed)
    const left = Number(await redis.cli('PTTL', placeOf(timed)))
    assert.ok(left > 50_000 && left <= 100_000, String(left))
    const endless = await one.ask(chat(false, { seed: 2 }))
    await kept(endless)
    assert.equal(await redis.cli('PTTL', placeOf(endless)), '-1')
  })

  test('takes what is no entry for none', async () => {
    upstream.play(single(completion('x')))
    const reply = await one.ask(chat(false, { seed: 3 }))
    await kept(reply)
    await redis.cli('SET', placeOf(reply), 'what is this')
    assert.equal(saidOf(await one.ask(chat(false, { seed: 3 }))), 'miss')
  })

  test('forgets its own answers and nothing else', async () => {
    upstream.play(single(completion('x')))
    await redis.cli('SET', 'ours:other', '1')
    await redis.cli('SET', 'theirs:cache:team:1', '1')
    const reply = await one.ask(chat(false, { seed: 4 }))
    await kept(reply)
    const headers = { 'content-type': 'application/json' }
    const keys = [reply.headers['x-litellm-cache-key'], 'team:nobody']
    const body = JSON.stringify({ keys })
    assert.deepEqual(await other.gateway.json('/cache/delete', { method: 'POST', headers, body }), {
      status: 'success',
      deleted: 1,
    })
    assert.deepEqual(await one.gateway.json('/cache/flushall', { method: 'POST' }), {
      status: 'success',
    })
    assert.equal(await redis.cli('KEYS', 'ours:cache:*'), '')
    assert.equal(await redis.cli('EXISTS', 'ours:other', 'theirs:cache:team:1'), '2')
  })

  test('that is gone costs calls nothing but their hits, and one line in the log', async () => {
    upstream.play(single(completion('x')))
    const before = one.gateway.stderr().length
    await kept(await one.ask(chat(false, { seed: 5 })))
    await redis.stop()
    for (let calls = 0; calls < 8; calls += 1) {
      const reply = await one.ask(chat(false, { seed: 5 }))
      assert.deepEqual([reply.status, saidOf(reply)], [200, 'miss'])
    }
    const said = one.gateway.stderr().slice(before)
    assert.equal(said.match(/no answers are cached/g)?.length, 1)
    const ping = await fetch(`${one.gateway.url}/cache/ping`)
    assert.equal(ping.status, 503)
    const answer = (await ping.json()) as Record<string, unknown>
    assert.deepEqual([answer['status'], answer['cache_type']], ['unhealthy', 'redis'])
    assert.match(String(answer['error']), /cannot be reached/)
    const flush = await fetch(`${one.gateway.url}/cache/flushall`, { method: 'POST' })
    assert.equal(flush.status, 503)
    await redis.start()
    while ((await fetch(`${one.gateway.url}/cache/ping`)).status !== 200);
    await kept(await one.ask(chat(false, { seed: 5 })))
    assert.equal(saidOf(await one.ask(chat(false, { seed: 5 }))), 'hit')
  })

  test('says of itself what it has to say', async () => {
    const answer = (await one.gateway.json('/cache/redis/info')) as {
      num_clients: number
      info: Record<string, string>
    }
    // The other gateway may not have come back yet from the test before.
    assert.ok(answer.num_clients >= 1)
    assert.equal(answer.info['tcp_port'], String(redis.port))
  })

  test('that takes no more says so in one line, and answers what it has', async () => {
    upstream.play(single(completion('x')))
    await kept(await one.ask(chat(false, { seed: 7 })))
    const before = one.gateway.stderr().length
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
    try {
      for (let seed = 70; seed < 73; seed += 1) {
        assert.equal(saidOf(await one.ask(chat(false, { seed }))), 'miss')
        assert.equal(saidOf(await one.ask(chat(false, { seed: 7 }))), 'hit')
      }
    } finally {
      await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    }
    const said = one.gateway.stderr().slice(before)
    assert.equal(said.match(/no answers are cached/g)?.length, 1)
    assert.match(said, /OOM/)
  })

  test('that does not answer is not waited for', async () => {
    upstream.play(single(completion('x')))
    await kept(await one.ask(chat(false, { seed: 6 })))
    redis.signal('SIGSTOP')
    try {
      const reply = await one.ask(chat(false, { seed: 6 }))
      assert.deepEqual([reply.status, saidOf(reply)], [200, 'miss'])
    } finally {
      redis.signal('SIGCONT')
    }
  })
})
