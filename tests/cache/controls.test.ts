import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { controlsOf } from '../../src/stages/cache-controls.ts'
import { chat, completion } from '../support/events.ts'
import { createScope } from '../support/scope.ts'
import { single } from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

describe('what a call says about the cache', () => {
  const scope = createScope()
  let caching: CachingGateway
  let seed = 0

  before(async () => {
    caching = await startCaching(scope)
  })
  after(() => scope.close())

  /** A call that none before was like, with these controls or others. */
  function call(): (cache?: unknown, headers?: Record<string, string>) => Promise<string> {
    const own = (seed += 1)
    return async (cache, headers) => {
      caching.upstream.play(single(completion(`answer ${caching.upstream.seen.length}`)))
      const reply = await caching.ask(chat(false, { seed: own, cache }), headers)
      const text = /answer \d+/.exec(reply.body.toString())?.[0] ?? reply.body.toString()
      return `${saidOf(reply) ?? 'nothing'} ${text}`
    }
  }

  /** What became of each, with answers numbered in the order in which they were first seen. */
  async function played(ask: ReturnType<typeof call>, ...controls: unknown[]): Promise<string> {
    const numbers = new Map<string, number>()
    const said: string[] = []
    for (const one of controls) {
      const [what = '', ...text] = (await ask(one)).split(' ')
      const answer = text.join(' ')
      numbers.set(answer, numbers.get(answer) ?? numbers.size + 1)
      said.push(`${what} ${numbers.get(answer)}`)
    }
    return said.join(', ')
  }

  test('no-cache asks anew, and what it gets takes the place of what was kept', async () => {
    assert.equal(await played(call(), {}, { 'no-cache': true }, null), 'miss 1, miss 2, hit 2')
  })

  test('no-store keeps nothing', async () => {
    assert.equal(
      await played(call(), { 'no-store': true }, null, { 'no-store': true }),
      'miss 1, miss 2, hit 2',
    )
  })

  test('both have nothing to do with the cache', async () => {
    const both = { 'no-store': true, 'no-cache': true }
    assert.equal(await played(call(), both, both), 'nothing 1, nothing 2')
  })

  test('use-cache: false stays out', async () => {
    const out = { 'use-cache': false }
    assert.equal(await played(call(), null, out, null, out), 'miss 1, nothing 2, hit 1, nothing 3')
  })

  test('s-maxage takes none that is older', async () => {
    assert.equal(
      await played(call(), null, { 's-maxage': 600 }, { 's-maxage': 0 }, { 's-max-age': 600 }),
      'miss 1, hit 1, miss 2, hit 2',
    )
  })

  test('an answer whose ttl is over is not there any more', async () => {
    const ask = call()
    await ask({ ttl: 0.001 })
    const kept = performance.now()
    // Its time is one millisecond, and asking takes time, too.
    while (performance.now() - kept < 2) await new Promise(setImmediate)
    assert.match(await ask({ ttl: 600 }), /^miss/)
    assert.match(await ask(), /^hit/)
  })

  test('a namespace has answers of its own', async () => {
    const mine = { namespace: 'mine' }
    assert.equal(
      await played(call(), null, mine, mine, { namespace: 'theirs' }, null),
      'miss 1, miss 2, hit 2, miss 3, hit 1',
    )
  })

  test('the metadata of a call may keep it out', async () => {
    const ask = call()
    await ask()
    const off = { 'x-sluice-metadata': '{"cache":"off"}' }
    assert.match(await ask(null, off), /^nothing/)
    assert.match(await ask({ 'use-cache': true }, off), /^hit/)
    const reply = await caching.ask(chat(false), { 'x-sluice-metadata': '{"cache":1}' })
    assert.equal(reply.status, 400)
    assert.match(reply.body.toString(), /bad_metadata/)
  })

  test('it never goes upstream, and the trace says who took it out', async () => {
    const { upstream, ask, traceOf } = caching
    upstream.play(single(completion('one')))
    const reply = await ask(chat(false, { seed: -1, cache: { 'no-cache': true } }))
    assert.equal('cache' in JSON.parse(String(upstream.seen.at(-1)?.body)), false)
    const { changes, params_sent: sent } = await traceOf(reply)
    assert.deepEqual(changes, [{ plugin: 'sluice', hook: 'cache', keys: ['cache'] }])
    assert.deepEqual(sent, { cache: null })
  })

  test('what cannot be is refused with its name, and nobody is asked', async () => {
    const { upstream, ask } = caching
    const asked = upstream.seen.length
    for (const [cache, param] of [
      ['off', 'cache'],
      [[], 'cache'],
      [{ 'no-cache': 'yes' }, 'cache.no-cache'],
      [{ no_cache: true }, 'cache.no_cache'],
      [{ ttl: 0 }, 'cache.ttl'],
      [{ ttl: '60' }, 'cache.ttl'],
      [{ ttl: 1e300 }, 'cache.ttl'],
      [{ 's-maxage': -1 }, 'cache.s-maxage'],
      [{ namespace: '' }, 'cache.namespace'],
      [{ namespace: 'n'.repeat(129) }, 'cache.namespace'],
    ] as const) {
      const reply = await ask(chat(false, { cache }))
      const { error } = JSON.parse(reply.body.toString()) as { error: Record<string, unknown> }
      assert.deepEqual([reply.status, error['code'], error['param']], [400, 'bad_body', param])
    }
    assert.equal(upstream.seen.length, asked)
  })
})

test('times are seconds where calls say them', () => {
  assert.deepEqual(controlsOf({ ttl: 1.5, 's-maxage': 2 }), {
    use: null,
    noCache: false,
    noStore: false,
    ttlMs: 1_500,
    maxAgeMs: 2_000,
    namespace: null,
  })
})
