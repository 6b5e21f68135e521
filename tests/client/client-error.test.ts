import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBody, GatewayError } from '../../src/errors/index.ts'
import { errorOfReply } from '../../src/client/client-error.ts'

for (const shape of ['openai', 'litellm'] as const) {
  test(`the client reads the gateway's code from an error in the shape of ${shape}`, () => {
    const thrown = new GatewayError('session_not_found', { detail: '"s"' })
    const body = JSON.stringify(errorBody(thrown, shape))
    const { code, status, param, message } = errorOfReply(404, body, 'GET /sessions/s')
    assert.deepEqual(
      { code, status, param, message },
      { code: 'session_not_found', status: 404, param: null, message: thrown.message },
    )
  })

  test(`the client is told the parameter that is to blame in the shape of ${shape}`, () => {
    const thrown = new GatewayError('bad_query', { param: 'limit' })
    const error = errorOfReply(400, JSON.stringify(errorBody(thrown, shape)), 'GET /traces')
    assert.deepEqual([error.code, error.param], ['bad_query', 'limit'])
  })
}

test("an error of LiteLLM's own proxy has no code of ours", () => {
  const error = { message: 'no', type: 'None', param: 'None', code: '429' }
  const { code, param } = errorOfReply(429, JSON.stringify({ error }), 'GET /sessions')
  assert.deepEqual([code, param], ['429', null])
})
