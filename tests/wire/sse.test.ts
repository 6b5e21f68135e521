import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSseSplitter } from '../../src/wire/sse.ts'
import { eventsOf, joined, splitEvents } from './support.ts'

function texts(stream: string): string[] {
  return eventsOf(stream).flatMap((event) => (event.kind === 'event' ? [event.text] : []))
}

test('an event carries its exact bytes, its offset and where its payload is', () => {
  const [first, second] = eventsOf('data: {"a":1}\n\ndata:[DONE]\n\n')
  assert.equal(first?.bytes.toString(), 'data: {"a":1}\n\n')
  assert.equal(first?.bytes.subarray(first.dataStart, first.dataEnd).toString(), '{"a":1}')
  assert.equal(second?.at, 15)
  assert.equal(second?.text, '[DONE]')
})

test('LF, CR and CRLF end lines alike', () => {
  assert.deepEqual(texts('data: a\n\ndata: b\n\n'), ['a', 'b'])
  assert.deepEqual(texts('data: a\r\rdata: b\r\r'), ['a', 'b'])
  assert.deepEqual(texts('data: a\r\n\r\ndata: b\r\n\r\n'), ['a', 'b'])
  assert.deepEqual(texts('data: a\r\n\ndata: b\n\r\n'), ['a', 'b'])
})

test('a CRLF that is torn between two reads is one line end', () => {
  const events = splitEvents([Buffer.from('data: a\r\n\r'), Buffer.from('\ndata: b\r\n\r\n')])
  assert.deepEqual(
    events.map((event) => event.bytes.toString()),
    ['data: a\r\n\r\n', 'data: b\r\n\r\n'],
  )
})

test('a stream of lone CRs still ends its last event', () => {
  assert.deepEqual(
    eventsOf('data: a\r\r').map(({ kind, text }) => [kind, text]),
    [['event', 'a']],
  )
})

test('separators of Unicode are data, not line ends', () => {
  const odd = 'a\u2028b\u2029c\u0085d\u000be\u000cf'
  assert.deepEqual(texts(`data: ${odd}\n\n`), [odd])
})

test('one space after the colon is taken off, and no more', () => {
  assert.deepEqual(texts('data:x\n\ndata:  y\n\n'), ['x', ' y'])
})

test('several data lines are joined with LF and have no single place', () => {
  const [event] = eventsOf('data: {"a":\ndata: 1}\n\n')
  assert.equal(event?.text, '{"a":\n1}')
  assert.equal(event?.dataStart, -1)
})

test('a byte order mark at the start is no part of the first field', () => {
  const [event] = eventsOf('\ufeffdata: {"a":1}\n\n')
  assert.equal(event?.text, '{"a":1}')
  assert.equal(event?.bytes.length, 18)
})

test('a byte order mark later on is', () => {
  assert.deepEqual(texts('data: a\n\n\ufeffdata: b\n\n'), ['a'])
})

test('an event keeps its name, and an empty name is none', () => {
  const [named, unnamed] = eventsOf('event: message_stop\ndata: {}\n\nevent:\ndata: {}\n\n')
  assert.equal(named?.event, 'message_stop')
  assert.equal(named?.bytes.subarray(named.dataStart, named.dataEnd).toString(), '{}')
  assert.equal(unnamed?.event, undefined)
})

test('comments, blank lines, names without data and empty data are noise, and lose no byte', () => {
  const stream = ': ping\n\n:\n\n\n\nevent: ping\n\ndata:\n\ndata: \n\nid: 7\nretry: 10\n\n'
  const events = eventsOf(stream)
  assert.ok(events.every(({ kind, text }) => kind === 'noise' && text === ''))
  assert.equal(joined(events).toString(), stream)
})

test('comments, ids, unknown fields and lines without colon do not disturb an event', () => {
  assert.deepEqual(texts(': hi\nid: 7\nretry: 1\nfoo: bar\nbaz\ndata: x\nDATA: y\n\n'), ['x'])
})

test('a data line without colon is empty data', () => {
  assert.deepEqual(texts('data\ndata: x\n\n'), ['\nx'])
})

test("llama.cpp's error field becomes an error event", () => {
  const [event] = eventsOf('error: {"code":500}\n\ndata: [DONE]\n\n')
  assert.equal(event?.kind, 'event')
  assert.equal(event?.event, 'error')
  assert.equal(event?.text, '{"code":500}')
  assert.equal(event?.bytes.subarray(event.dataStart, event.dataEnd).toString(), '{"code":500}')
})

test('an event that never gets its blank line is broken', () => {
  for (const rest of ['data: {"cho', 'data: {}\n', 'data: {}\r', 'da']) {
    const events = eventsOf(`data: 1\n\n${rest}`)
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['event', 'broken'],
    )
    assert.equal(events[1]?.bytes.toString(), rest)
  }
})

test('an unfinished comment at the end breaks nothing', () => {
  assert.deepEqual(
    eventsOf('data: 1\n\n: pi').map(({ kind }) => kind),
    ['event', 'noise'],
  )
})

test('invalid UTF-8 is kept as bytes and read as U+FFFD', () => {
  const bytes = Buffer.concat([
    Buffer.from('data: a'),
    Buffer.from([0xff, 0xc3]),
    Buffer.from('\n\n'),
  ])
  const [event] = splitEvents([bytes])
  assert.deepEqual(event?.bytes, bytes)
  assert.equal(event?.text, 'a\ufffd\ufffd')
})

test('an event over the limit is refused, and its bytes still come out', () => {
  const splitter = createSseSplitter({ maxEventBytes: 20 })
  const large = Buffer.from(`data: ${'x'.repeat(30)}\n\n`)
  assert.throws(() => splitter.push(large), { code: 'upstream_too_large' })
  assert.throws(() => splitter.push(Buffer.from('more')), { code: 'upstream_too_large' })
  const [rest] = splitter.end()
  assert.equal(rest?.kind, 'broken')
  assert.equal(rest?.bytes.toString(), `${large.toString()}more`)
})

test('events before the one over the limit are handed out first', () => {
  const splitter = createSseSplitter({ maxEventBytes: 20 })
  const events = splitter.push(Buffer.from(`data: 1\n\ndata: ${'x'.repeat(30)}\n\n`))
  assert.equal(events.length, 1)
  assert.throws(() => splitter.push(Buffer.from('\n')), { code: 'upstream_too_large' })
  assert.equal(splitter.end()[0]?.at, 9)
})

test('a stream that ends in an event over the limit leaves it broken', () => {
  const splitter = createSseSplitter({ maxEventBytes: 20 })
  splitter.push(Buffer.from(`data: 1\n\ndata: ${'x'.repeat(30)}\n\n`))
  assert.deepEqual(
    splitter.end().map(({ kind, at }) => [kind, at]),
    [['broken', 9]],
  )
  assert.deepEqual(splitter.end(), [])
})

test('an event over the limit is refused before its end comes', () => {
  const splitter = createSseSplitter({ maxEventBytes: 20 })
  splitter.push(Buffer.from('data: xxxx'))
  assert.throws(() => splitter.push(Buffer.from('x'.repeat(20))), /byte 0 .* 20 bytes/)
})

test('a stream over its limit is refused', () => {
  const splitter = createSseSplitter({ maxEventBytes: 20, maxBytes: 30 })
  for (let i = 0; i < 3; i++) assert.equal(splitter.push(Buffer.from('data: 1\n\n')).length, 1)
  assert.throws(() => splitter.push(Buffer.from('data: 1\n\n')), { code: 'upstream_too_large' })
  assert.equal(splitter.end()[0]?.bytes.length, 9)
})
