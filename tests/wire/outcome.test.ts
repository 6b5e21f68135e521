import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../src/plugin/index.ts'
import { createOutcome } from '../../src/wire/outcome.ts'
import { bodyFrames, framesOf, recordedStreams, streamFraming } from './support.ts'

const FINISH = 'data: {"choices":[{"index":0,"finish_reason":"stop"}]}\n\n'
const TOKEN = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n'
const DONE = 'data: [DONE]\n\n'

interface Given {
  readonly dialect?: Dialect
  readonly expected?: number | null
  readonly cleanEof?: boolean
  readonly httpStatus?: number
}

function judged(stream: boolean, text: string, given: Given): (string | null)[] {
  const { dialect = 'chat', expected = 1, cleanEof = true, httpStatus = 200 } = given
  const outcome = createOutcome(dialect, expected)
  for (const frame of stream ? framesOf(text) : bodyFrames(text)) outcome.see(frame)
  const { status, reason } = outcome.verdict({ cleanEof, stream, httpStatus })
  return [status, reason, ...outcome.warnings()]
}

const streamed = (text: string, given: Given = {}) => judged(true, text, given)
const single = (text: string, given: Given = {}) => judged(false, text, given)

test('a finished and terminated stream is complete', () => {
  assert.deepEqual(streamed(TOKEN + FINISH + DONE), ['complete', null])
})

test('a reset after the terminator takes nothing away', () => {
  assert.deepEqual(streamed(FINISH + DONE, { cleanEof: false }), ['complete', null])
})

test('a stream that ends without terminator is partial', () => {
  assert.deepEqual(streamed(TOKEN), ['partial', 'no_terminator'])
  assert.deepEqual(streamed(''), ['partial', 'no_terminator'])
})

test('when every choice finished, a missing terminator is only odd', () => {
  assert.deepEqual(streamed(TOKEN + FINISH), ['complete', 'terminator_missing'])
  assert.deepEqual(streamed(TOKEN + FINISH, { expected: 2 }), ['partial', 'no_terminator'])
  assert.deepEqual(streamed(TOKEN + FINISH, { expected: null }), ['partial', 'no_terminator'])
})

test('a reset before the terminator is partial even when every choice finished', () => {
  assert.deepEqual(streamed(FINISH, { cleanEof: false }), ['partial', 'upstream_reset'])
})

test('a terminator without any finish is partial', () => {
  assert.deepEqual(streamed(TOKEN + DONE), ['partial', 'no_finish'])
})

test('a choice that the engine aborted is partial', () => {
  assert.deepEqual(streamed(FINISH.replace('stop', 'abort') + DONE), ['partial', 'aborted'])
  assert.deepEqual(single('{"choices":[{"index":0,"finish_reason":"abort"}]}'), [
    'partial',
    'aborted',
  ])
})

test('half an event at the end is partial', () => {
  assert.deepEqual(streamed(`${TOKEN}data: {"cho`), ['partial', 'broken_event'])
  assert.deepEqual(streamed(`${FINISH}data: {"usage`), ['partial', 'broken_event'])
})

test('a terminator that lacks only its blank line terminates', () => {
  assert.deepEqual(streamed(`${FINISH}data: [DONE]\n`), ['complete', null])
})

test('an error inside the stream is an error, terminator or not', () => {
  const expected = ['error', 'upstream_error_event']
  assert.deepEqual(
    streamed(`${TOKEN}data: {"error": {"message": "x", "code": 500}}\n\n${DONE}`),
    expected,
  )
  assert.deepEqual(streamed(`${TOKEN}error: {"code":500}\n\n${DONE}`), expected)
  assert.deepEqual(streamed(`${TOKEN}event: error\ndata: {}\n\n`), expected)
  assert.deepEqual(streamed('data: {"object":"error","message":"x"}\n\n'), expected)
})

test('a null error and a text about errors are none', () => {
  const text = 'data: {"error":null,"choices":[{"delta":{"content":"\\"error\\":{}"}}]}\n\n'
  assert.deepEqual(streamed(text + FINISH + DONE), ['complete', null])
})

test('what comes after the terminator is noted and judged no further', () => {
  assert.deepEqual(streamed(FINISH + DONE + DONE), ['complete', null, 'data_after_done'])
  assert.deepEqual(streamed(`${FINISH}${DONE}data: {"error":{}`), [
    'complete',
    null,
    'data_after_done',
  ])
  assert.deepEqual(streamed(`${FINISH}${DONE}\n\n`), ['complete', null])
})

test('an upstream that gave fewer choices than asked for is noted', () => {
  assert.deepEqual(streamed(FINISH + DONE, { expected: 3 }), ['complete', null, 'choices_missing'])
})

test('a response ends with its own last event', () => {
  const given = { dialect: 'responses', expected: null } as const
  const event = (type: string) =>
    `event: ${type}\ndata: {"type":"${type}","response":{"error":null}}\n\n`
  assert.deepEqual(streamed(event('response.created'), given), ['partial', 'no_terminator'])
  assert.deepEqual(streamed(event('response.completed'), given), ['complete', null])
  assert.deepEqual(streamed(event('response.failed'), given), ['error', 'upstream_error_event'])
})

test('a message ends with message_stop', () => {
  const given = { dialect: 'messages', expected: null } as const
  const delta = 'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
  assert.deepEqual(streamed(`${delta}data: {"type":"message_stop"}\n\n`, given), ['complete', null])
  assert.deepEqual(streamed(delta, given), ['complete', 'terminator_missing'])
})

test('a stream of an unknown dialect is complete when it ends cleanly', () => {
  const given = { dialect: 'other', expected: null } as const
  assert.deepEqual(streamed('data: x\n\n', given), ['complete', null])
  assert.deepEqual(streamed('data: x\n\n', { ...given, cleanEof: false }), [
    'partial',
    'upstream_reset',
  ])
})

test('an error status is an error whatever the body says', () => {
  assert.deepEqual(single('{}', { httpStatus: 502 }), ['error', 'upstream_status_502'])
  assert.deepEqual(streamed(FINISH + DONE, { httpStatus: 429 }), ['error', 'upstream_status_429'])
})

test('single bodies: good, error, not JSON, empty, cut', () => {
  assert.deepEqual(single('{"choices":[]}'), ['complete', null])
  assert.deepEqual(single('{"error":{"message":"x"}}'), ['error', 'upstream_error_body'])
  assert.deepEqual(single('{{{'), ['complete', 'parse_error'])
  assert.deepEqual(single('ok', { dialect: 'other' }), ['complete', null])
  assert.deepEqual(single(''), ['complete', 'empty_body'])
  assert.deepEqual(single('{"cho', { cleanEof: false }), ['partial', 'upstream_reset'])
})

test('every recorded stream is complete', () => {
  for (const { name, bytes } of recordedStreams()) {
    const outcome = createOutcome('chat', name.includes('-n3-') ? 3 : 1)
    const framing = streamFraming()
    for (const frame of [...framing.push(bytes), ...framing.end()]) outcome.see(frame)
    const verdict = outcome.verdict({ cleanEof: true, stream: true, httpStatus: 200 })
    assert.deepEqual(verdict, { status: 'complete', reason: null }, name)
    assert.deepEqual(outcome.warnings(), [], name)
  }
})
