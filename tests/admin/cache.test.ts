import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createMemoryCache, type ReplyCache } from '../../src/shared/index.ts'
import type { CacheParts } from '../../src/stages/index.ts'
import { codeOf, startAdmin } from './setup.ts'

function cacheWith(replies: ReplyCache): CacheParts {
  return {
    replies,
    ttlMs: 60_000,
    namespace: 'team',
    mode: 'all',
    dialects: ['chat', 'embeddings'],
    maxReplyBytes: 1_000,
  }
}

const PARAMS = {
  namespace: 'team',
  ttl: 60,
  mode: 'default_on',
  supported_call_types: ['completion', 'acompletion', 'embedding', 'aembedding'],
}

suite('the cache', () => {
  test('in memory is healthy', async () => {
    await using admin = await startAdmin({ cache: cacheWith(createMemoryCache(1_000)) })
    const answer = await admin.ask('GET', '/cache/ping')
    assert.deepEqual(
      [answer.status, answer.body],
      [
        200,
        {
          status: 'healthy',
          cache_type: 'local',
          ping_response: true,
          set_cache_response: 'success',
          litellm_cache_params: { type: 'local', ...PARAMS },
        },
      ],
    )
  })

  test('in memory has no server to tell of', async () => {
    await using admin = await startAdmin({ cache: cacheWith(createMemoryCache(1_000)) })
    const answer = await admin.ask('GET', '/cache/redis/info')
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'cache_off'])
  })

  test('in a Redis that cannot be reached is not', async () => {
    const gone: ReplyCache = {
      ...createMemoryCache(1_000),
      kind: 'redis',
      ping: async () => ({ healthy: false, error: 'it is gone' }),
    }
    await using admin = await startAdmin({ cache: cacheWith(gone) })
    const answer = await admin.ask('GET', '/cache/ping')
    assert.deepEqual(
      [answer.status, answer.body],
      [
        503,
        {
          status: 'unhealthy',
          cache_type: 'redis',
          ping_response: false,
          set_cache_response: null,
          litellm_cache_params: { type: 'redis', ...PARAMS },
          error: 'it is gone',
        },
      ],
    )
  })

  test('that is off says so', async () => {
    await using admin = await startAdmin()
    for (const [method, path, body] of [
      ['GET', '/cache/ping', undefined],
      ['POST', '/cache/delete', { keys: ['a'] }],
      ['POST', '/cache/flushall', undefined],
    ] as const) {
      const answer = await admin.ask(method, path, body)
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'cache_off'], path)
    }
  })

  test('forgets what it is told to', async () => {
    const replies = createMemoryCache(10_000)
    const reply = {
      storedAt: 1,
      status: 200,
      contentType: null,
      body: new Uint8Array(1),
      upstream: { name: 'up', kind: 'generic', url: 'http://up', simulated: false },
      asked: '',
      cost: null,
    }
    for (const key of ['a', 'b', 'c']) await replies.set(key, reply, null)
    await using admin = await startAdmin({ cache: cacheWith(replies) })
    const some = await admin.ask('POST', '/cache/delete', { keys: ['a', 'nobody'] })
    assert.deepEqual([some.status, some.body], [200, { status: 'success', deleted: 1 }])
    assert.ok(await replies.get('b'))
    const all = await admin.ask('POST', '/cache/flushall')
    assert.deepEqual([all.status, all.body], [200, { status: 'success' }])
    assert.equal(await replies.get('b'), null)
  })

  test('refuses keys that are none', async () => {
    await using admin = await startAdmin({ cache: cacheWith(createMemoryCache(1_000)) })
    for (const body of [undefined, { keys: 'a' }, { keys: [1] }]) {
      assert.equal((await admin.ask('POST', '/cache/delete', body)).status, 400)
    }
    assert.equal((await admin.ask('GET', '/cache/flushall')).status, 405)
  })

  test('is named in the readiness of the gateway', async () => {
    await using admin = await startAdmin({ cache: cacheWith(createMemoryCache(1_000)) })
    const { body } = await admin.ask('GET', '/health/readiness')
    assert.equal((body as Record<string, unknown>)['cache'], 'memory')
  })
})
