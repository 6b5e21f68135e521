import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { createScope } from '../support/scope.ts'
import { single } from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

const IN_SESSION = '/sessions/rollout/v1/chat/completions'

describe('calls of a session', () => {
  const scope = createScope()
  let caching: CachingGateway

  before(async () => {
    caching = await startCaching(scope)
    caching.upstream.play(single(completion('one')))
  })
  after(() => scope.close())

  test('are neither answered from the cache nor put into it', async () => {
    const { upstream, ask, traceOf } = caching
    const body = chat(false, { seed: 1 })
    const asked = upstream.seen.length
    const first = await ask(body, {}, IN_SESSION)
    assert.equal(saidOf(first), undefined)
    assert.equal((await traceOf(first)).cache, null)
    assert.equal(saidOf(await ask(body)), 'miss')
    assert.equal(saidOf(await ask(body, {}, IN_SESSION)), undefined)
    assert.equal(upstream.seen.length, asked + 3)
  })

  test('take part where the body asks for it', async () => {
    const { ask } = caching
    const body = chat(false, { seed: 2, cache: { 'use-cache': true } })
    assert.equal(saidOf(await ask(body, {}, IN_SESSION)), 'miss')
    assert.equal(saidOf(await ask(body, {}, IN_SESSION)), 'hit')
    assert.equal(saidOf(await ask(chat(false, { seed: 2 }))), 'hit')
  })

  test('take part where their metadata asks for it', async () => {
    const { ask } = caching
    const slug = Buffer.from('{"session_name":"s","cache":"on"}').toString('base64url')
    const path = `/meta/rllm1:${slug}/v1/chat/completions`
    const body = chat(false, { seed: 3 })
    assert.equal(saidOf(await ask(body, {}, path)), 'miss')
    assert.equal(saidOf(await ask(body, {}, path)), 'hit')
    const out = chat(false, { seed: 3, cache: { 'use-cache': false } })
    assert.equal(saidOf(await ask(out, {}, path)), undefined)
  })
})

test('under mode asked a call has to ask', async (t) => {
  const { upstream, ask } = await startCaching(t, { cache: { mode: 'asked' } })
  upstream.play(single(completion('one')))
  const asking = chat(false, { cache: { 'use-cache': true } })
  assert.equal(saidOf(await ask(chat(false))), undefined)
  assert.equal(saidOf(await ask(asking)), 'miss')
  assert.equal(saidOf(await ask(asking)), 'hit')
  assert.equal(saidOf(await ask(chat(false))), undefined)
})

test('an idempotency key is answered from its record, before the cache is looked at', async (t) => {
  const { upstream, ask } = await startCaching(t)
  upstream.play(single(completion('one')))
  await ask(chat(false), { 'idempotency-key': 'k' })
  const again = await ask(chat(false), { 'idempotency-key': 'k' })
  assert.equal(again.headers['idempotent-replayed'], 'true')
  assert.equal(saidOf(again), undefined)
  assert.equal(upstream.seen.length, 1)
})
