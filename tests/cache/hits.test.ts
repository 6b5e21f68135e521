import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion, DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'
import { BUILT_IN, folderWith } from '../gateway/plugin-folder.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, stream } from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

const STREAM = [
  roleEvent([1, 2]),
  tokenEvent('a', { ids: [11] }),
  tokenEvent('b', { ids: [12] }),
  tokenEvent('', { ids: [13], finish: 'stop' }),
  usageEvent(2, 3),
  DONE,
]

describe('an answer that is given again', () => {
  const scope = createScope()
  let caching: CachingGateway

  before(async () => {
    caching = await startCaching(scope)
  })
  after(() => scope.close())

  test('is the body of the first, byte for byte, and no upstream is asked', async () => {
    const { upstream, ask } = caching
    upstream.play(single(completion('one')), single(completion('two')))
    const first = await ask(chat(false))
    const asked = upstream.seen.length
    const second = await ask(chat(false))
    assert.equal(saidOf(first), 'miss')
    assert.equal(saidOf(second), 'hit')
    assert.equal(second.status, 200)
    assert.deepEqual(second.body, first.body)
    assert.equal(second.headers['content-type'], first.headers['content-type'])
    assert.equal(upstream.seen.length, asked)
  })

  test('is the stream of the first, byte for byte', async () => {
    const { upstream, ask } = caching
    upstream.play(stream(STREAM))
    const first = await ask(chat(true))
    const asked = upstream.seen.length
    const second = await ask(chat(true))
    assert.equal(saidOf(second), 'hit')
    assert.equal(second.headers['content-type'], first.headers['content-type'])
    assert.deepEqual(second.body, first.body)
    assert.equal(upstream.seen.length, asked)
  })

  test('has a trace of its own with the same ids, which says where it came from', async () => {
    const { upstream, ask, traceOf } = caching
    upstream.play(stream(STREAM))
    const body = chat(true, { seed: 1 })
    const first = await traceOf(await ask(body))
    const second = await traceOf(await ask(body))
    assert.notEqual(second.trace_id, first.trace_id)
    assert.deepEqual(second.completion_token_ids, [11, 12, 13])
    assert.deepEqual(second.choices, first.choices)
    assert.deepEqual(second.usage, first.usage)
    assert.equal(second.status, 'complete')
    assert.deepEqual(second.attempts, [])
    assert.equal(second.upstream?.name, 'up')
    assert.equal(first.cache?.hit, false)
    assert.equal(first.cache?.stored_at, null)
    assert.equal(second.cache?.hit, true)
    assert.deepEqual([second.cost, second.cost_details?.source], [0, 'cache'])
    assert.equal(second.cache?.key, first.cache?.key)
    assert.ok((second.cache?.stored_at ?? 0) > first.timestamp * 1000)
  })

  test('is named by a key, with which it can be forgotten', async () => {
    const { gateway, upstream, ask } = caching
    upstream.play(single(completion('one')))
    const body = chat(false, { seed: 2 })
    const first = await ask(body)
    const key = first.headers['x-litellm-cache-key']
    assert.match(String(key), /^[0-9a-f]{64}$/)
    assert.equal((await ask(body)).headers['x-litellm-cache-key'], key)
    const answer = await gateway.json('/cache/delete', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys: [key] }),
    })
    assert.deepEqual(answer, { status: 'success', deleted: 1 })
    assert.equal(saidOf(await ask(body)), 'miss')
  })

  test('is counted as a hit, and not as an answer of an upstream', async () => {
    const { gateway, upstream, ask } = caching
    upstream.play(single(completion('one')))
    const counted = async (name: string): Promise<number> => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text()
      const lines = text.split('\n').filter((line) => line.startsWith(name))
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    }
    const body = chat(false, { seed: 3 })
    await ask(body)
    const hits = await counted('sluice_cache_lookups_total{result="hit"}')
    const answered = await counted('litellm_deployment_success_responses_total')
    const timed = await counted('litellm_llm_api_latency_metric_count')
    await ask(body)
    assert.equal(await counted('sluice_cache_lookups_total{result="hit"}'), hits + 1)
    assert.equal(await counted('litellm_deployment_success_responses_total'), answered)
    assert.equal(await counted('litellm_llm_api_latency_metric_count'), timed)
    assert.ok(answered > 0 && timed > 0)
  })
})

test('an answer from the cache whose trace cannot be saved is not shown', async (t) => {
  const fails = `export default {
    name: 'fails',
    setup: () => ({ save: ({ cache }) => { if (cache?.hit) throw new Error('the disk is full') } }),
  }`
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, {
    dir: folderWith(t, { 'fails.ts': fails }),
    config: {
      cache: { kind: 'memory' },
      upstreams: [{ url: upstream.url, kind: 'generic' }],
      plugins: [...BUILT_IN, 'fails'],
    },
  })
  for (const streamed of [false, true]) {
    upstream.play(streamed ? stream(STREAM) : single(completion('one')))
    const ask = (): ReturnType<typeof post> =>
      post(`${gateway.url}/v1/chat/completions`, chat(streamed))
    const first = await ask()
    assert.deepEqual([first.status, saidOf(first)], [200, 'miss'])
    const second = await ask()
    assert.match(second.body.toString(), /capture_unavailable/)
    assert.doesNotMatch(second.body.toString(), /"finish_reason":"stop"|\[DONE\]/)
    assert.equal(second.complete, !streamed)
  }
})

describe('a gateway without a cache', () => {
  const scope = createScope()
  after(() => scope.close())

  test('asks each time, and leaves the field cache to the upstream', async () => {
    const { upstream, ask, traceOf } = await startCaching(scope, { cache: { kind: 'off' } })
    upstream.play(single(completion('one')))
    const body = chat(false, { cache: { 'no-cache': true } })
    const first = await ask(body)
    const second = await ask(body)
    assert.equal(upstream.seen.length, 2)
    assert.equal(saidOf(second), undefined)
    assert.deepEqual(JSON.parse(String(upstream.seen[0]?.body)).cache, { 'no-cache': true })
    assert.equal((await traceOf(first)).cache, null)
  })
})
