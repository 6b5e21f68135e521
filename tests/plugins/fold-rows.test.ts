import type { Trace } from 'sluice/plugin'
import { chunkOf } from '../support/chunks.ts'
import { accumulator } from '../support/observe.ts'
import { chat, root, usage } from '../support/replies.ts'
import { testRows, type Row } from '../support/rows.ts'

const message = (trace: Trace) => trace.choices[0]?.message
const ending = ({ choices: [choice] }: Trace) => [choice?.finish_reason, choice?.stop_reason]
const call = (index: number, fields: object) =>
  chat({ delta: { tool_calls: [{ index, ...fields }] } })
const stopped = (choice: object) => [chat({ finish_reason: 'stop', ...choice })]

const rows: readonly Row[] = [
  {
    name: 'row 4: interleaved choices are told apart by index, not by place',
    chunks: [
      chat({ index: 1, delta: { role: 'assistant', content: '' } }),
      chat({ index: 0, delta: { content: 'a' } }),
      chat({ index: 1, delta: { content: 'b' } }),
      chat({ index: 0, delta: { content: 'A' }, finish_reason: 'stop' }),
      chat({ index: 1, delta: { content: 'B' }, finish_reason: 'length' }),
    ],
    see: (trace) => trace.choices.map((c) => [c.index, c.message['content'], c.finish_reason]),
    want: [
      [0, 'aA', 'stop'],
      [1, 'bB', 'length'],
    ],
  },
  {
    name: 'row 10: an empty content is text that came, not no text',
    chunks: [chat({ delta: { role: 'assistant', content: '' } })],
    see: message,
    want: { role: 'assistant', content: '' },
  },
  {
    name: 'row 23: a usage chunk has no choices to look into',
    chunks: [chat({ delta: { content: 'a' } }), root({ usage: usage(9, 1) })],
    see: (trace) => [trace.usage, trace.choices.length, trace.token_counts],
    want: [usage(9, 1), 1, { prompt: 9, completion: 1 }],
  },
  {
    name: 'row 24: an empty id and model on the first chunk say nothing',
    chunks: [
      root({ id: '', model: '', prompt_filter_results: [{ prompt_index: 0 }] }),
      chat({ delta: { content: 'a' } }),
    ],
    see: (trace) => [trace.response_model, trace.extra['reply']],
    want: ['m', { id: 'chatcmpl-1', prompt_filter_results: [{ prompt_index: 0 }] }],
  },
  {
    name: 'row 25: a null usage does not replace a real one',
    chunks: [chat({}, { usage: null }), root({ usage: usage(9, 3) }), chat({}, { usage: null })],
    see: (trace) => trace.usage,
    want: usage(9, 3),
  },
  {
    name: 'row 26: of usage on every chunk the last one counts',
    chunks: [
      chat({}, { usage: usage(9, 1) }),
      chat({ index: 1 }, { usage: usage(9, 1) }),
      root({ usage: usage(9, 2) }),
    ],
    see: (trace) => trace.usage,
    want: usage(9, 2),
  },
  {
    name: 'row 28: the first of two finishes counts, and the choice says there were two',
    chunks: [
      chat({ delta: { content: 'a' }, finish_reason: 'stop', stop_reason: 7 }),
      chat({ delta: { content: 'b' }, finish_reason: 'length', stop_reason: null }),
    ],
    see: (trace) => [...ending(trace), message(trace)?.['content'], trace.choices[0]?.flags],
    want: ['stop', 7, 'ab', ['finished_twice']],
  },
  {
    name: 'row 29: an aborted choice keeps its text and its reason',
    chunks: [chat({ delta: { content: 'half' } }), chat({ finish_reason: 'abort' })],
    see: (trace) => [trace.finish_reason, trace.response_message['content']],
    want: ['abort', 'half'],
  },
  {
    name: 'row 32: a stop reason may be a token id',
    chunks: stopped({ stop_reason: 151643 }),
    see: ending,
    want: ['stop', 151643],
  },
  {
    name: 'row 32: a stop reason of 0 is a token id too',
    chunks: stopped({ stop_reason: 0 }),
    see: ending,
    want: ['stop', 0],
  },
  {
    name: 'row 70: a stop string is recorded as the stop reason',
    chunks: stopped({ stop_reason: '\n\n' }),
    see: ending,
    want: ['stop', '\n\n'],
  },
  {
    name: 'SGLang calls its stop reason matched_stop',
    chunks: stopped({ matched_stop: 151645 }),
    see: ending,
    want: ['stop', 151645],
  },
  {
    name: 'row 33: an error in the stream keeps what came before it',
    chunks: [chat({ delta: { content: 'half' } }), { error: { message: 'died', code: 500 } }],
    see: (trace) => [message(trace)?.['content'], trace.finish_reason, trace.extra['reply']],
    want: ['half', null, { id: 'chatcmpl-1', error: { message: 'died', code: 500 } }],
  },
  {
    name: 'row 34: an error event is not a choice',
    chunks: [chunkOf({ code: 500, message: 'died' }, 'error')],
    see: (trace) => [trace.choices, trace.extra],
    want: [[], { reply: { error: { code: 500, message: 'died' } } }],
  },
  {
    name: 'row 46: a lone tool call with index 1 becomes the only one',
    chunks: [
      call(1, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call(1, { function: { arguments: '{}' } }),
    ],
    see: (trace) => message(trace)?.['tool_calls'],
    want: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  {
    name: 'row 47: null ids and names on later fragments replace nothing',
    chunks: [
      call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }),
      call(0, { id: null, type: null, function: { name: null, arguments: '}' } }),
    ],
    see: (trace) => message(trace)?.['tool_calls'],
    want: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  {
    name: 'row 48: a repeated name is not doubled',
    chunks: [
      call(0, { id: 'a', function: { name: 'f', arguments: '{' } }),
      call(0, { id: 'a', function: { name: 'f', arguments: '}' } }),
    ],
    see: (trace) => message(trace)?.['tool_calls'],
    want: [{ id: 'a', function: { name: 'f', arguments: '{}' } }],
  },
  {
    name: 'row 49: arguments that never come are an empty text',
    chunks: [call(0, { id: 'a', type: 'function', function: { name: 'f' } })],
    see: (trace) => message(trace)?.['tool_calls'],
    want: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
  },
  {
    name: 'row 50: alternating tool calls are merged by index',
    chunks: [
      call(0, { id: 'a', function: { name: 'f', arguments: '[0' } }),
      call(1, { id: 'b', function: { name: 'g', arguments: '[1' } }),
      call(0, { function: { arguments: ']' } }),
      call(1, { function: { arguments: ']' } }),
    ],
    see: (trace) => message(trace)?.['tool_calls'],
    want: [
      { id: 'a', function: { name: 'f', arguments: '[0]' } },
      { id: 'b', function: { name: 'g', arguments: '[1]' } },
    ],
  },
  {
    name: 'row 52: reasoning keeps the name it has on the wire',
    chunks: [
      chat({ delta: { reasoning_content: 'think' } }),
      chat({ delta: { reasoning_content: 'ing' } }),
      chat({ delta: { content: 'said' } }),
    ],
    see: message,
    want: { role: 'assistant', content: 'said', reasoning_content: 'thinking' },
  },
  {
    name: 'row 52: reasoning under both names counts once',
    chunks: [
      chat({ delta: { reasoning: 'a', reasoning_content: 'a' } }),
      chat({ delta: { reasoning_content: 'b', reasoning: 'b' } }),
    ],
    see: (trace) => [
      message(trace)?.['reasoning'] ?? message(trace)?.['reasoning_content'],
      trace.choices[0]?.flags,
    ],
    want: ['ab', []],
  },
  {
    name: 'row 52: reasoning that differs under its two names is flagged',
    chunks: [chat({ delta: { reasoning: 'a', reasoning_content: 'b' } })],
    see: (trace) => [message(trace)?.['reasoning'], trace.choices[0]?.flags],
    want: ['a', ['reasoning_differs']],
  },
  {
    name: 'row 53: content that was only ever null stays null',
    chunks: [
      chat({ delta: { role: 'assistant', content: null, refusal: null } }),
      call(0, { id: 'a', function: { name: 'f', arguments: '{}' } }),
    ],
    see: message,
    want: {
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }],
    },
  },
  {
    name: 'row 53: null between texts adds nothing',
    chunks: [
      chat({ delta: { content: 'a' } }),
      chat({ delta: { content: null } }),
      chat({ delta: { content: 'b' } }),
    ],
    see: (trace) => message(trace)?.['content'],
    want: 'ab',
  },
  {
    name: 'row 65: fields nobody knows keep their last value',
    chunks: [
      chat({ delta: { mood: 'calm' }, seed: 1 }, { zone: 'a' }),
      chat({ delta: { mood: 'glad' }, seed: 2 }, { zone: 'b' }),
    ],
    see: (trace) => [message(trace)?.['mood'], trace.choices[0]?.extra, trace.extra['reply']],
    want: ['glad', { seed: 2 }, { id: 'chatcmpl-1', zone: 'b' }],
  },
  {
    name: 'row 67: an error body with status 200 makes no choice',
    chunks: [{ error: { message: 'no' } }],
    see: (trace) => [trace.choices, trace.response_message, trace.warnings],
    want: [[], {}, []],
  },
  {
    name: 'row 69: a stream that was cut keeps what came, and no finish',
    chunks: [
      chat({ delta: { role: 'assistant', content: '' } }),
      chat({ delta: { content: 'hal' } }),
    ],
    see: (trace) => [trace.response_message, trace.finish_reason, trace.usage],
    want: [{ role: 'assistant', content: 'hal' }, null, null],
  },
  {
    name: 'row 74: the model that answered is kept beside the one that was asked for',
    chunks: [chat({}, { model: 'base-lora-7' })],
    trace: { model: 'alias' },
    see: (trace) => [trace.model, trace.response_model],
    want: ['alias', 'base-lora-7'],
  },
]

testRows(rows, accumulator)
