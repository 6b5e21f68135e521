import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chunk, Json } from '../../src/plugin/index.ts'
import { chunkBytes, chunkEdits, dropEdits, makeChunk } from '../../src/wire/chunk.ts'
import { applyEdits } from '../../src/wire/edits.ts'
import { chunkOf, firstChunk, framesOf } from './support.ts'

function sent(chunk: Chunk): string {
  return Buffer.from(chunkBytes(chunk)).toString()
}

function omitted(payload: string, ...paths: string[]): string {
  return chunkOf(payload).omit(...paths).text
}

test('an untouched chunk gives its own bytes and no edits', () => {
  const [frame] = framesOf('data:  {"a": 1.0}\r\n\r\n')
  assert.ok(frame?.chunk)
  assert.equal(chunkBytes(frame.chunk), frame.bytes)
  assert.deepEqual(chunkEdits(frame.chunk), [])
})

test('the payload is parsed once', () => {
  const chunk = chunkOf('{"a":[1]}')
  assert.deepEqual(chunk.data, { a: [1] })
  assert.equal(chunk.data, chunk.data)
})

test('a payload that is not JSON has no data, and nothing to omit', () => {
  const chunk = chunkOf('{"a":1,"b"')
  assert.equal(chunk.data, undefined)
  assert.equal(chunk.omit('a'), chunk)
})

test('the first, middle, last and only member go with exactly one comma', () => {
  const payload = '{"a":1,"b":2,"c":3}'
  assert.equal(omitted(payload, 'a'), '{"b":2,"c":3}')
  assert.equal(omitted(payload, 'b'), '{"a":1,"c":3}')
  assert.equal(omitted(payload, 'c'), '{"a":1,"b":2}')
  assert.equal(omitted(payload, 'b', 'c'), '{"a":1}')
  assert.equal(omitted(payload, 'a', 'c'), '{"b":2}')
  assert.equal(omitted(payload, 'c', 'b', 'a'), '{}')
  assert.equal(omitted('{"a":1}', 'a'), '{}')
})

test('white space around what stays is kept', () => {
  assert.equal(omitted('{ "a" : 1 , "b" : 2 }', 'a'), '{ "b" : 2 }')
  assert.equal(omitted('{ "a" : 1 , "b" : 2 }', 'b'), '{ "a" : 1 }')
  assert.equal(omitted('{ "a" : 1 }', 'a'), '{  }')
})

test('a star leads into every element of an array', () => {
  const payload = '{"choices":[{"i":0,"logprobs":{"x":[]}},{"logprobs":null},{"i":2}],"usage":null}'
  assert.equal(omitted(payload, 'choices.*.logprobs', 'usage'), '{"choices":[{"i":0},{},{"i":2}]}')
})

test('a star at the end empties the array', () => {
  assert.equal(omitted('{"a":[1,[2],{"b":3}]}', 'a.*'), '{"a":[]}')
})

test('a path ends where the payload has something else', () => {
  for (const payload of [
    '{"choices":{"logprobs":1}}',
    '{"choices":["logprobs"]}',
    '["logprobs"]',
  ]) {
    const chunk = chunkOf(payload)
    assert.equal(chunk.omit('choices.*.logprobs'), chunk)
  }
})

test('a path and its parent may both be given', () => {
  assert.equal(omitted('{"a":{"b":1,"c":2},"d":3}', 'a.b', 'a'), '{"d":3}')
})

test('quotes, backslashes and brackets inside strings mislead nobody', () => {
  const payload = String.raw`{"s":"\",\"usage\":1}\\","usage":"}\\\"]","t":"é\u2028"}`
  assert.equal(omitted(payload, 'usage'), String.raw`{"s":"\",\"usage\":1}\\","t":"é\u2028"}`)
})

test('a key that comes twice is cut twice', () => {
  assert.equal(omitted('{"a":1,"b":2,"a":3}', 'a'), '{"b":2}')
})

test('a key written with escapes is found', () => {
  assert.equal(omitted(String.raw`{"us\u0061ge":1,"b":2}`, 'usage'), '{"b":2}')
  assert.equal(omitted(String.raw`{"a\/b":1,"c":2}`, 'a/b'), '{"c":2}')
  assert.equal(omitted('{"é":1,"c":2}', 'é'), '{"c":2}')
})

test('numbers keep their digits beside a cut', () => {
  const payload = '{"a":1,"lp":-7.7125e-05,"z":-0.0,"id":12345678901234567890}'
  assert.equal(omitted(payload, 'a'), '{"lp":-7.7125e-05,"z":-0.0,"id":12345678901234567890}')
})

test('omitting what is not there gives the same chunk', () => {
  const chunk = chunkOf('{"a":1,"text":"logprobs\\""}')
  assert.equal(chunk.omit('choices.*.logprobs', 'usage', 'text.logprobs'), chunk)
})

test('omits one after the other agree on the commas', () => {
  const chunk = chunkOf('{"a":1,"b":2,"c":3}')
  assert.equal(chunk.omit('b').omit('a').text, '{"c":3}')
  assert.equal(chunk.omit('b').omit('c').text, '{"a":1}')
  assert.equal(chunk.omit('a').omit('b').omit('c').text, '{}')
  assert.deepEqual(chunk.omit('a').data, { b: 2, c: 3 })
})

test('edits of a cut speak in offsets of the reply and explain what was sent', () => {
  const stream = 'data: {"a":1}\n\nevent: x\r\ndata: {"a":1,"b":2}\r\n\r\n'
  const chunk = framesOf(stream)[1]?.chunk?.omit('b')
  assert.ok(chunk)
  assert.deepEqual(chunkEdits(chunk), [{ at: 15 + 16 + 6, removed: 6, inserted: null }])
  assert.equal(sent(chunk), 'event: x\r\ndata: {"a":1}\r\n\r\n')
  assert.equal(
    applyEdits(Buffer.from(stream), chunkEdits(chunk)).toString(),
    stream.replace(',"b":2', ''),
  )
})

test('a replaced chunk keeps its framing and says something else', () => {
  const chunk = firstChunk(framesOf('event: x\ndata:{"a":1}\n\n')).replace({ b: 'é\n' })
  assert.equal(sent(chunk), 'event: x\ndata:{"b":"é\\n"}\n\n')
  assert.deepEqual(chunk.data, { b: 'é\n' })
  assert.equal(chunk.event, 'x')
})

test('a replaced chunk can be omitted from', () => {
  const chunk = chunkOf('{"a":1}').replace({ a: 1, b: 2 }).omit('a')
  assert.equal(sent(chunk), 'data: {"b":2}\n\n')
  assert.equal(chunkEdits(chunk).length, 1)
})

test('a payload on several lines is encoded anew when something is cut from it', () => {
  const chunk = firstChunk(framesOf(': hi\nevent: x\ndata: {"a":1,\ndata: "b":2}\n\n'))
  assert.equal(chunk.omit('c'), chunk)
  const less = chunk.omit('a')
  assert.equal(sent(less), 'event: x\ndata: {"b":2}\n\n')
  assert.deepEqual(less.data, { b: 2 })
})

test('a whole body is cut like an event', () => {
  const bytes = Buffer.from('{"a":1,\n"b":2}\n')
  const chunk = makeChunk({ bytes, at: 0, event: undefined, dataStart: 0, dataEnd: bytes.length })
  assert.equal(sent(chunk.omit('a')), '{"b":2}\n')
  assert.equal(sent(chunk.replace([1])), '[1]')
})

test('a chunk in the place of another frame replaces all of it', () => {
  const stream = 'data: {"a":1}\n\ndata: {"b":2}\n\n'
  const [first, second] = framesOf(stream)
  assert.ok(first?.chunk && second)
  assert.deepEqual(chunkEdits(first.chunk, first), [])
  const edits = chunkEdits(first.chunk, second)
  assert.equal(applyEdits(Buffer.from(stream), edits).toString(), 'data: {"a":1}\n\n'.repeat(2))
})

test('dropping a frame is one edit over all its bytes', () => {
  const [, frame] = framesOf('data: 1\n\ndata: 2\n\n')
  assert.ok(frame)
  assert.deepEqual(dropEdits(frame), [{ at: 9, removed: 9, inserted: null }])
})

test('an object that only looks like a chunk is refused', () => {
  const data: Json = {}
  const fake: Chunk = {
    event: undefined,
    text: '{}',
    data,
    outline: data,
    rows: () => undefined,
    omit: () => fake,
    replace: () => fake,
  }
  assert.throws(() => chunkBytes(fake), TypeError)
})
