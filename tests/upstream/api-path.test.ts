import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiPlace, pathAt } from '../../src/upstream/api-path.ts'

for (const [url, api, path, want] of [
  ['http://h:8000', '/v1', '/v1/chat/completions', '/v1/chat/completions'],
  ['http://h:8000/', '/v1', '/v1/models?a=/v1', '/v1/models?a=/v1'],
  ['http://h:8000/v1', '/v1', '/v1/models', '/v1/models'],
  ['http://h:8000/v1/', '/v1', '/v1/models', '/v1/models'],
  ['http://h:8000/base', '/v1', '/v1/models', '/base/v1/models'],
  ['http://h:8000/base/v1', '/v1', '/v1/models', '/base/v1/models'],
  ['http://h:8000', '/api/openai', '/v1/models', '/api/openai/models'],
  ['http://h:8000/api/openai', '/api/openai/', '/v1/models', '/api/openai/models'],
  ['http://h:8000/x', '/', '/v1/models', '/x/models'],
  ['http://h:8000', '/', '/v1', '/'],
  ['http://h:8000', '/', '/v1?a', '/?a'],
  ['http://h:8000/base', '/api', '/tokenize', '/base/tokenize'],
  ['http://h:8000', '/api', '/v10/x', '/v10/x'],
] as const) {
  test(`${path} at ${url} with its API at ${api} is ${want}`, () => {
    assert.equal(pathAt(apiPlace(url, api), path), want)
  })
}
