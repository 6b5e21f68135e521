import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createScope } from '../support/scope.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

/** As a caller writes it who knows nothing of ids and logprobs. */
function plain(stream: boolean, seed: number): object {
  return {
    model: 'sluice-sim',
    messages: [{ role: 'user', content: 'hello' }],
    max_tokens: 8,
    seed,
    ...(stream ? { stream } : {}),
  }
}

describe('what was asked for on the caller’s behalf', () => {
  const scope = createScope()
  let caching: CachingGateway

  before(async () => {
    caching = await startCaching(scope, {
      config: { upstreams: [{ simulator: { seed: 1 }, name: 'engine' }] },
    })
  })
  after(() => scope.close())

  for (const streamed of [false, true]) {
    test(`is hidden in a ${streamed ? 'stream' : 'body'} that is given again, and is in its trace`, async () => {
      const { ask, traceOf } = caching
      const first = await ask(plain(streamed, 1))
      const second = await ask(plain(streamed, 1))
      assert.deepEqual([saidOf(first), saidOf(second)], ['miss', 'hit'])
      assert.deepEqual(second.body, first.body)
      assert.doesNotMatch(second.body.toString(), /token_ids|"logprob"/)
      const [one, two] = [await traceOf(first), await traceOf(second)]
      assert.ok(two.completion_token_ids.length > 0)
      assert.deepEqual(two.completion_token_ids, one.completion_token_ids)
      assert.deepEqual(two.prompt_token_ids, one.prompt_token_ids)
      assert.deepEqual(two.logprobs, one.logprobs)
      assert.equal(two.logprobs?.length, two.completion_token_ids.length)
      assert.deepEqual(two.params_sent, one.params_sent)
      assert.deepEqual(two.changes, one.changes)
      assert.equal(two.checks.ids_match_usage, true)
      assert.equal(two.upstream?.simulated, true)
    })
  }

  test('makes another question where it differs, so that nothing is shown that was hidden', async () => {
    const { ask } = caching
    const off = { 'x-sluice-metadata': '{"logprobs":"off"}' }
    assert.equal(saidOf(await ask(plain(true, 2))), 'miss')
    const without = await ask(plain(true, 2), off)
    assert.equal(saidOf(without), 'miss')
    assert.doesNotMatch(without.body.toString(), /"logprob"/)
    assert.equal(saidOf(await ask(plain(true, 2), off)), 'hit')
  })

  test('is shown to a caller that asks for it', async () => {
    const { ask } = caching
    const asking = { ...plain(false, 3), logprobs: true, return_token_ids: true }
    const first = await ask(asking)
    const second = await ask(asking)
    assert.equal(saidOf(second), 'hit')
    assert.match(second.body.toString(), /token_ids.*"logprob"|"logprob".*token_ids/)
    assert.deepEqual(second.body, first.body)
  })
})
