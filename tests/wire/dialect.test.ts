import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialectOf, expectedChoices } from '../../src/wire/dialect.ts'

test('a path names its dialect with and without /v1', () => {
  assert.equal(dialectOf('/v1/chat/completions'), 'chat')
  assert.equal(dialectOf('/chat/completions'), 'chat')
  assert.equal(dialectOf('/v1/completions'), 'completions')
  assert.equal(dialectOf('/v1/responses'), 'responses')
  assert.equal(dialectOf('/messages'), 'messages')
  assert.equal(dialectOf('/v1/embeddings'), 'embeddings')
})

test('any other path is passed through', () => {
  for (const path of [
    '/v1/models',
    '/v1',
    '/',
    '/tokenize',
    '/v1/messages/count_tokens',
    '/v2/responses',
  ]) {
    assert.equal(dialectOf(path), 'other')
  }
})

test('a chat call has n choices, one unless it says otherwise', () => {
  assert.equal(expectedChoices('chat', {}), 1)
  assert.equal(expectedChoices('chat', { n: null }), 1)
  assert.equal(expectedChoices('chat', { n: 3 }), 3)
})

test('an n that is no count leaves the number of choices unknown', () => {
  for (const n of [0, -1, 1.5, '2', [2]]) assert.equal(expectedChoices('chat', { n }), null)
})

test('a completions call has n choices for each prompt', () => {
  assert.equal(expectedChoices('completions', { prompt: 'a' }), 1)
  assert.equal(expectedChoices('completions', { prompt: [1, 2, 3], n: 2 }), 2)
  assert.equal(expectedChoices('completions', { prompt: ['a', 'b'], n: 2 }), 4)
  assert.equal(expectedChoices('completions', { prompt: [[1], [2], [3]] }), 3)
  assert.equal(expectedChoices('completions', { prompt: [] }), null)
  assert.equal(expectedChoices('completions', {}), null)
})

test('other dialects have no choices to count', () => {
  assert.equal(expectedChoices('responses', { n: 2 }), null)
  assert.equal(expectedChoices('messages', {}), null)
})
