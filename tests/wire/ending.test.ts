import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../src/plugin/index.ts'
import { createFinish } from '../../src/wire/finish.ts'
import { framesOf, recordedStreams, streamFraming } from './support.ts'

/** Which of these payloads is the ending. */
function endings(
  dialect: Dialect,
  expected: number | null,
  payloads: readonly string[],
): boolean[] {
  const ending = createFinish(dialect, expected)
  return framesOf(payloads.map((payload) => `data: ${payload}\n\n`).join('')).map(
    ({ chunk }) => chunk !== null && ending.see(chunk),
  )
}

function choice(index: number, finish: string | null, space = ''): string {
  const reason = JSON.stringify(finish)
  return `{"choices":[{"index":${index},"delta":{},"finish_reason"${space}:${space}${reason}}]}`
}

test('the chunk with the finish reason is the ending, and the usage after it is not', () => {
  const payloads = [choice(0, null), choice(0, 'stop'), '{"choices":[],"usage":{}}']
  assert.deepEqual(endings('chat', 1, payloads), [false, true, false])
})

test('with several choices the ending is the last of them to finish', () => {
  const payloads = [choice(0, null), choice(2, 'stop'), choice(0, 'length'), choice(1, 'stop')]
  assert.deepEqual(endings('chat', 3, payloads), [false, false, false, true])
})

test('a choice that finishes twice counts once', () => {
  assert.deepEqual(endings('chat', 2, [choice(0, 'stop'), choice(0, 'stop'), choice(1, 'stop')]), [
    false,
    false,
    true,
  ])
})

test('several choices may finish in one chunk', () => {
  const both = '{"choices":[{"index":0,"finish_reason":null},{"index":1,"finish_reason":"stop"}]}'
  assert.deepEqual(endings('completions', 2, [choice(0, 'stop'), both]), [false, true])
})

test('white space around the colon makes no difference', () => {
  assert.deepEqual(endings('chat', 1, [choice(0, null, ' '), choice(0, 'stop', ' ')]), [
    false,
    true,
  ])
})

test('an empty finish reason is none', () => {
  assert.deepEqual(endings('chat', 1, [choice(0, ''), choice(0, 'stop')]), [false, true])
})

test('a text about finish reasons finishes nothing', () => {
  const text = JSON.stringify({
    choices: [{ index: 0, delta: { content: '"finish_reason":"stop"' }, finish_reason: null }],
  })
  assert.deepEqual(endings('chat', 1, [text]), [false])
})

test('with an unknown number of choices no chunk is the ending', () => {
  assert.deepEqual(endings('chat', null, [choice(0, 'stop')]), [false])
})

test('a chunk that finishes nothing is not parsed', () => {
  const ending = createFinish('chat', 1)
  const chunk = {
    event: undefined,
    text: choice(0, null),
    get data(): never {
      throw new Error('parsed')
    },
    get outline(): never {
      throw new Error('parsed')
    },
    rows: () => undefined,
    omit: () => chunk,
    replace: () => chunk,
  }
  assert.equal(ending.see(chunk), false)
})

test('a response ends with completed, failed or incomplete, by name or by type', () => {
  for (const type of ['response.completed', 'response.failed', 'response.incomplete']) {
    const ending = createFinish('responses', null)
    const frames = framesOf(
      `event: response.output_text.delta\ndata: {}\n\nevent: ${type}\ndata: {}\n\n`,
    )
    assert.deepEqual(
      frames.map(({ chunk }) => chunk !== null && ending.see(chunk)),
      [false, true],
    )
    assert.deepEqual(endings('responses', null, ['{}', `{"type":"${type}"}`]), [false, true])
  }
})

test('a message ends with the delta that has its stop reason', () => {
  assert.deepEqual(
    endings('messages', null, [
      '{"type":"message_start","message":{"stop_reason":null}}',
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
      '{"type":"message_stop"}',
    ]),
    [false, true, false],
  )
})

test('every recorded stream has exactly one ending', () => {
  for (const { name, bytes } of recordedStreams()) {
    const ending = createFinish('chat', name.includes('-n3-') ? 3 : 1)
    const framing = streamFraming()
    const chunks = [...framing.push(bytes), ...framing.end()].map(({ chunk }) => chunk)
    const found = chunks.filter((chunk) => chunk !== null && ending.see(chunk))
    assert.equal(found.length, 1, name)
    assert.match(found[0]?.text ?? '', /"finish_reason":"/, name)
  }
})
