import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rowsOf } from '../../src/plugin/choices.ts'
import { chunkOf } from '../support/chunks.ts'
import { extraction, traceOf } from '../support/observe.ts'
import { bodies, mutated, mutations } from '../wire/logprob-bodies.ts'
import { bodyFrames, firstChunk } from '../wire/support.ts'

const columns = ['tokens', 'bytes', 'top_logprobs'] as const

test('entries read as columns make the same record as entries read one by one', async () => {
  const keeps = fc.subarray([...columns])
  await fc.assert(
    fc.asyncProperty(
      bodies,
      mutations,
      fc.boolean(),
      keeps,
      async (body, mutation, isOdd, keep) => {
        const chunk = firstChunk(bodyFrames(isOdd ? mutated(body, mutation) : body))
        const call = { received: { return_tokens_as_token_ids: true } }
        const plugins = () => [extraction(keep)]
        const fast = await traceOf([chunk], { call }, plugins())
        assert.deepEqual(fast, await traceOf([chunkOf(chunk.data)], { call }, plugins()))
      },
    ),
    { numRuns: 1_500 },
  )
})

test('entries with other keys, or after others, are read one by one', async () => {
  const entry = (token: string, more: object) => ({ token, logprob: -1, bytes: [97], ...more })
  for (const more of [
    { id: 7 },
    { top_probs: [] },
    { prob: 0.5 },
    { logprob: 'x' },
    { token: 3 },
  ]) {
    const content = Array.from({ length: 40 }, () => entry('a', more))
    const body = JSON.stringify({ choices: [{ index: 0, logprobs: { content } }] })
    const chunk = firstChunk(bodyFrames(body))
    assert.equal(chunk.rows('choices.0.logprobs.content')?.length, 40)
    for (const times of [1, 2]) {
      const fast = await traceOf(Array(times).fill(chunk), {}, [extraction()])
      assert.deepEqual(
        fast,
        await traceOf(Array(times).fill(chunkOf(chunk.data)), {}, [extraction()]),
      )
    }
  }
})

test('tokens and their bytes are made when somebody reads them', async () => {
  const entry = { token: 'é', logprob: -1, bytes: [195, 169], top_logprobs: [] }
  const content = Array.from({ length: 30 }, () => entry)
  const body = JSON.stringify({ choices: [{ index: 0, logprobs: { content } }] })
  const { choices } = await traceOf([firstChunk(bodyFrames(body))], {}, [extraction()])
  const [choice] = choices
  assert.ok(choice && rowsOf(choice))
  const isMade = (name: string) => 'value' in (Object.getOwnPropertyDescriptor(choice, name) ?? {})
  assert.deepEqual([isMade('tokens'), isMade('bytes')], [false, false])
  assert.equal(choice.tokens?.[29], 'é')
  assert.deepEqual(choice.bytes?.[29], [195, 169])
  assert.deepEqual([isMade('tokens'), isMade('bytes')], [true, true])
  assert.deepEqual(structuredClone(choice).bytes, choice.bytes)
  assert.equal(rowsOf({ ...choice }), undefined, 'a copy may say something else')
})
