import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Choice, JsonObject } from 'sluice/plugin'
import { usageOf, type TokenUsage, type UsedBy } from '../../src/ledger/prices/usage.ts'

const told = (usage: JsonObject, over: Partial<UsedBy> = {}): TokenUsage =>
  usageOf({ usage, dialect: 'chat', status: 'complete', token_counts: {}, choices: [], ...over }, 7)

const NONE: TokenUsage = {
  prompt: 0,
  cached: 0,
  cacheWrite: 0,
  completion: 0,
  reasoning: 0,
  estimated: false,
}

function choice(message: JsonObject, ids: readonly number[] | null = null): Choice {
  return { index: 0, message, token_ids: ids } as unknown as Choice
}

describe('usage is read in the words of', () => {
  test('chat, where cached tokens are a part of the prompt and thoughts one of the answer', () => {
    const usage = told({
      prompt_tokens: 100,
      completion_tokens: 40,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 30 },
    })
    assert.deepEqual(usage, { ...NONE, prompt: 100, cached: 60, completion: 40, reasoning: 30 })
  })

  test('responses', () => {
    const usage = told(
      {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 60 },
        output_tokens: 40,
        output_tokens_details: { reasoning_tokens: 30 },
      },
      { dialect: 'responses' },
    )
    assert.deepEqual(usage, { ...NONE, prompt: 100, cached: 60, completion: 40, reasoning: 30 })
  })

  test('messages, which count apart what was read from a cache and written into it', () => {
    const usage = told(
      {
        input_tokens: 5,
        cache_read_input_tokens: 30,
        cache_creation_input_tokens: 20,
        output_tokens: 9,
      },
      { dialect: 'messages' },
    )
    assert.deepEqual(usage, { ...NONE, prompt: 55, cached: 30, cacheWrite: 20, completion: 9 })
  })

  test('chat that was made of messages, where they are within the prompt', () => {
    const usage = told({
      prompt_tokens: 55,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 30 },
      cache_creation_input_tokens: 20,
    })
    assert.deepEqual(usage, { ...NONE, prompt: 55, cached: 30, cacheWrite: 20, completion: 9 })
  })

  test('embeddings, which have no answer', () => {
    assert.deepEqual(told({ prompt_tokens: 12 }, { dialect: 'embeddings' }), {
      ...NONE,
      prompt: 12,
    })
  })
})

describe('numbers that cannot be', () => {
  test('are cut to the whole that they are a part of', () => {
    const usage = told({
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 8 },
      cache_creation_input_tokens: 8,
      completion_tokens_details: { reasoning_tokens: 99 },
    })
    assert.deepEqual(usage, {
      ...NONE,
      prompt: 10,
      cached: 8,
      cacheWrite: 2,
      completion: 5,
      reasoning: 5,
    })
  })

  for (const odd of [-1, 'many', null, true, {}, [], Infinity]) {
    test(`count as not said: ${JSON.stringify(odd)}`, () => {
      const usage = told({
        prompt_tokens: odd as number,
        completion_tokens: odd as number,
        prompt_tokens_details: odd as number,
        completion_tokens_details: { reasoning_tokens: odd as number },
      })
      assert.deepEqual(usage, { ...NONE, prompt: 7, estimated: true })
    })
  }
})

describe('what was not reported', () => {
  test('is what the trace counted', () => {
    const counts = { token_counts: { prompt: 21, completion: 3 } }
    assert.deepEqual(told({}, counts), { ...NONE, prompt: 21, completion: 3, estimated: true })
  })

  test('is the ids that came', () => {
    const choices = [choice({ content: 'x'.repeat(400) }, [1, 2, 3]), choice({}, [4])]
    assert.equal(told({}, { choices }).completion, 4)
  })

  test('is a quarter of the characters that came: words, thoughts and calls of tools', () => {
    const message = {
      role: 'assistant',
      content: 'a'.repeat(40),
      reasoning_content: 'b'.repeat(20),
      tool_calls: [
        {
          id: 'call_of_any_length',
          type: 'function',
          function: { name: 'f'.repeat(4), arguments: 'c'.repeat(16) },
        },
      ],
    }
    assert.equal(told({}, { choices: [choice(message)] }).completion, 20)
  })

  test('of an answer of messages that was cut is what came, not what its beginning says', () => {
    const usage = told(
      { input_tokens: 50, output_tokens: 1 },
      {
        dialect: 'messages',
        status: 'partial',
        choices: [choice({ content: 'd'.repeat(80) })],
      },
    )
    assert.deepEqual(usage, { ...NONE, prompt: 50, completion: 20, estimated: true })
  })

  test('is not looked for forever in an answer that never ends inside', () => {
    let content: JsonObject = { text: 'deep' }
    for (let depth = 0; depth < 100_000; depth += 1) content = { content }
    assert.equal(told({}, { choices: [choice({ content })] }).completion, 0)
  })
})
