import assert from 'node:assert/strict'
import { test } from 'node:test'
import { framingFor } from '../../src/wire/frames.ts'
import { bodyFrames, framesOf, joined, recordedStreams, streamFraming } from './support.ts'

const limits = { maxEventBytes: 1000, maxBodyBytes: 100 }

test('the content type alone decides what a reply is', () => {
  assert.equal(framingFor('text/event-stream', limits).stream, true)
  assert.equal(framingFor('Text/Event-Stream ; charset=utf-8', limits).stream, true)
  assert.equal(framingFor('application/json', limits).stream, false)
  assert.equal(framingFor('text/event-streams', limits).stream, false)
  assert.equal(framingFor(undefined, limits).stream, false)
})

test('a single body is one frame at its end', () => {
  const framing = framingFor('application/json', limits)
  assert.deepEqual(framing.push(Buffer.from('{"a":')), [])
  assert.deepEqual(framing.push(Buffer.from('1}')), [])
  const [frame, ...more] = framing.end()
  assert.equal(more.length, 0)
  assert.deepEqual(frame?.chunk?.data, { a: 1 })
  assert.deepEqual(frame?.bytes, Buffer.from('{"a":1}'))
  assert.deepEqual(framing.end(), [])
})

test('an empty body is a frame without a chunk', () => {
  const [frame] = bodyFrames('')
  assert.equal(frame?.chunk, null)
  assert.equal(frame?.bytes.length, 0)
})

test('a body that is not JSON is a chunk without data', () => {
  const [frame] = bodyFrames('<html>502</html>')
  assert.equal(frame?.chunk?.data, undefined)
  assert.equal(frame?.chunk?.text, '<html>502</html>')
})

test('a body over the limit is refused, and what came of it is kept', () => {
  const framing = framingFor('application/json', limits)
  assert.throws(() => framing.push(Buffer.alloc(101, ' ')), { code: 'upstream_too_large' })
  const [frame] = framing.end()
  assert.equal(frame?.broken, true)
  assert.equal(frame?.chunk, null)
  assert.equal(frame?.bytes.length, 101)
})

test('a stream over the limit is refused, and what came of it is kept', () => {
  const framing = framingFor('text/event-stream', limits)
  const event = Buffer.from(`data: ${'x'.repeat(52)}\n\n`)
  assert.equal(framing.push(event).length, 1)
  assert.throws(() => framing.push(event), { code: 'upstream_too_large' })
  assert.deepEqual(
    framing.end().map(({ broken, bytes }) => [broken, bytes.length]),
    [[true, 60]],
  )
})

test('comments pass as frames without a chunk', () => {
  const [frame] = framesOf(': ping\n\n')
  assert.equal(frame?.chunk, null)
  assert.equal(frame?.bytes.toString(), ': ping\n\n')
  assert.equal(frame?.broken, false)
})

test('the terminator is known with and without its space', () => {
  for (const text of ['data: [DONE]\n\n', 'data:[DONE]\n\n', 'data: [DONE] \r\n\r\n']) {
    const [frame] = framesOf(text)
    assert.equal(frame?.terminator, true)
    assert.equal(frame?.chunk, null)
  }
})

test('a text that quotes the terminator is no terminator', () => {
  const [frame] = framesOf('data: "[DONE]"\n\n')
  assert.equal(frame?.terminator, false)
  assert.equal(frame?.chunk?.data, '[DONE]')
})

test('a terminator without its blank line is whole all the same', () => {
  const [frame] = framesOf('data: [DONE]\n')
  assert.equal(frame?.terminator, true)
  assert.equal(frame?.broken, false)
})

test('what comes after the terminator is marked and has no chunk', () => {
  const frames = framesOf('data: [DONE]\n\ndata: {"a":1}\n\ndata: [DONE]\n\n')
  assert.deepEqual(
    frames.map(({ afterDone }) => afterDone),
    [false, true, true],
  )
  assert.equal(frames[1]?.chunk, null)
})

test('half an event at the end is broken and never a chunk', () => {
  const frames = framesOf('data: {"a":1}\n\ndata: {"cho')
  assert.equal(frames[1]?.broken, true)
  assert.equal(frames[1]?.chunk, null)
})

test('the frames of a recorded stream are its bytes, and every chunk is JSON', () => {
  for (const { name, bytes } of recordedStreams()) {
    const framing = streamFraming()
    const frames = [...framing.push(bytes), ...framing.end()]
    assert.deepEqual(joined(frames), bytes, name)
    assert.ok(
      frames.every(({ chunk }) => chunk === null || chunk.data !== undefined),
      name,
    )
    assert.equal(frames.at(-1)?.terminator, true, name)
  }
})

test('numbers that JSON has no word for read as null, and words in strings stay', () => {
  const [frame] = bodyFrames('{"lp":[NaN,-Infinity,-0.5],"t":"NaN \\" Infinity"}')
  assert.deepEqual(frame?.chunk?.data, { lp: [null, null, -0.5], t: 'NaN " Infinity' })
})
