import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single } from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

const MASTER = 'sk-master-0123456789'

describe('what a key may say about the cache', () => {
  const scope = createScope()
  let caching: CachingGateway
  let bound: string
  let free: string
  before(async () => {
    caching = await startCaching(scope, { config: { keys: { master_key: MASTER } } })
    caching.upstream.play(single(completion('x')))
    bound = await keyWith(['no-cache'])
    free = await keyWith([])
  })
  after(() => scope.close())

  async function keyWith(allowed: readonly string[]): Promise<string> {
    const body = { allowed_cache_controls: allowed }
    const made = await post(`${caching.gateway.url}/key/generate`, body, bearer(MASTER))
    assert.equal(made.headers['x-sluice-not-enforced'], undefined)
    const answer = JSON.parse(made.body.toString()) as Record<string, unknown>
    assert.deepEqual(answer['allowed_cache_controls'], allowed)
    return String(answer['key'])
  }

  const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

  const ask = (key: string, cache: object, more: Record<string, string> = {}): Promise<RawReply> =>
    caching.ask(chat(false, { cache }), { ...bearer(key), ...more })

  test('is what its list has, and else is a 403 that names what it said', async () => {
    assert.equal((await ask(bound, { 'no-cache': true })).status, 200)
    assert.equal((await ask(bound, {})).status, 200)
    const asked = caching.upstream.seen.length
    const reply = await ask(bound, { 'no-cache': true, ttl: 5 })
    const { error } = JSON.parse(reply.body.toString()) as { error: Record<string, unknown> }
    assert.deepEqual(
      [reply.status, error['code'], error['param']],
      [403, 'cache_denied', 'cache.ttl'],
    )
    assert.match(String(error['message']), /`ttl`; it may say no-cache$/)
    assert.equal(caching.upstream.seen.length, asked)
  })

  test('is no more in its metadata', async () => {
    const metadata = { 'x-sluice-metadata': '{"cache":"off"}' }
    assert.equal((await ask(bound, {}, metadata)).status, 403)
    assert.equal((await ask(free, {}, metadata)).status, 200)
  })

  test('is everything where its list is empty, and for the master key', async () => {
    for (const key of [free, MASTER]) {
      const reply = await ask(key, { 'no-cache': true, ttl: 5 })
      assert.deepEqual([reply.status, saidOf(reply)], [200, 'miss'])
    }
  })
})
