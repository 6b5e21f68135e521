import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { errorEvent, readError } from '../../src/wire/error-body.ts'
import { createOutcome } from '../../src/wire/outcome.ts'
import { framesOf } from './support.ts'

const bare = (message: string) => ({ message, param: null, type: null, code: null })

test("OpenAI's and vLLM's nested shape is read with all its fields", () => {
  const error = { message: 'no model x', type: 'NotFoundError', param: 'model', code: 404 }
  assert.deepEqual(readError(JSON.stringify({ error })), error)
})

test('the flat shape of SGLang and older vLLM is read', () => {
  const body =
    '{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}'
  assert.deepEqual(readError(body), {
    message: 'too long',
    type: 'BadRequestError',
    param: null,
    code: 400,
  })
})

test('an error that is only a text is read', () => {
  assert.deepEqual(readError('{"error":"Unauthorized"}'), bare('Unauthorized'))
  assert.deepEqual(readError('"no"'), bare('no'))
})

test('an error inside an array is read', () => {
  assert.equal(readError('[{"error":{"message":"quota","code":429}}]').code, 429)
})

test("FastAPI's detail is read as text, as object and as list of faults", () => {
  assert.deepEqual(readError('{"detail":"Not Found"}'), bare('Not Found'))
  assert.deepEqual(readError('{"detail":{"error":"x"}}'), bare('x'))
  const list = '{"detail":[{"loc":["body","n"],"msg":"not an int"},{"loc":["body"],"msg":"bad"}]}'
  assert.deepEqual(readError(list), {
    ...bare('body.n: not an int; body: bad'),
    param: 'body.n',
  })
})

test('fields of a wrong type are left out', () => {
  const body = '{"error":{"message":"x","type":1,"param":["a"],"code":{}}}'
  assert.deepEqual(readError(body), bare('x'))
})

test('anything else is quoted from its beginning', () => {
  assert.deepEqual(readError('<html>bad gateway</html>'), bare('<html>bad gateway</html>'))
  assert.equal(readError('x'.repeat(10_000)).message.length, 500)
  assert.deepEqual(readError('{"foo":1}'), bare('{"foo":1}'))
  for (const body of ['', 'null', '[]', '1', '{"error":null}', '{"detail":[]}']) {
    assert.deepEqual(readError(body), bare(body))
  }
})

test('a recorded refusal of OpenAI is read', () => {
  const file = join(
    import.meta.dirname,
    '..',
    'fixtures',
    'openai-error-unsupported-parameter.json',
  )
  const { code, param, message } = readError(readFileSync(file, 'utf8'))
  assert.equal(code, 'unsupported_parameter')
  assert.ok(param)
  assert.match(message, new RegExp(param))
})

test('the error event is one event that reads as an error', () => {
  const error = new GatewayError('upstream_stalled', { detail: 'line 1\nline 2' })
  const text = Buffer.from(errorEvent(error, 'openai')).toString()
  const [frame, ...more] = framesOf(text)
  assert.equal(more.length, 0)
  assert.deepEqual(frame?.chunk?.data, error.toBody())
  const outcome = createOutcome('chat', 1)
  if (frame) outcome.see(frame)
  const end = { cleanEof: true, stream: true, httpStatus: 200 }
  assert.equal(outcome.verdict(end).reason, 'upstream_error_event')
})
