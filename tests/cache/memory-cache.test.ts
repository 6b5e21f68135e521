import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryCache, type CachedReply } from '../../src/shared/index.ts'

function reply(size: number): CachedReply {
  return {
    storedAt: 1,
    status: 200,
    contentType: 'application/json',
    body: new Uint8Array(size).fill(7),
    upstream: { name: 'up', kind: 'generic', url: 'http://up', simulated: false },
    asked: 'x',
    cost: null,
  }
}

test('an answer is there until its time is over', async () => {
  let now = 1
  const cache = createMemoryCache(10_000, { now: () => now })
  await cache.set('short', reply(1), 1_000)
  await cache.set('long', reply(1), null)
  now = 1_000
  assert.deepEqual(await cache.get('short'), reply(1))
  now = 1_002
  assert.equal(await cache.get('short'), null)
  now = 1e12
  assert.deepEqual(await cache.get('long'), reply(1))
})

test('those used longest ago make room for a new one', async () => {
  const cache = createMemoryCache(5_000)
  await cache.set('a', reply(1_000), null)
  await cache.set('b', reply(1_000), null)
  await cache.set('c', reply(1_000), null)
  await cache.get('a')
  await cache.set('d', reply(1_000), null)
  assert.equal(await cache.get('b'), null)
  assert.ok(await cache.get('a'))
  assert.ok(await cache.get('d'))
})

test('an answer keeps its own bytes, and no more of the read that they came in', async () => {
  const cache = createMemoryCache(5_000)
  const read = new Uint8Array(1_000_000)
  await cache.set('a', { ...reply(1), body: read.subarray(0, 3) }, null)
  read.fill(9)
  const kept = await cache.get('a')
  assert.deepEqual(kept?.body, new Uint8Array(3))
  assert.equal(kept?.body.buffer.byteLength, 3)
})

test('forgetting tells how many there were', async () => {
  const cache = createMemoryCache(5_000)
  await cache.set('a', reply(1), null)
  await cache.set('b', reply(1), null)
  assert.equal(await cache.delete(['a', 'nobody']), 1)
  await cache.flush()
  assert.equal(await cache.get('b'), null)
})
