import { DONE } from '../support/events.ts'
import { root, usage } from '../support/replies.ts'
import { event, finish, said, sse, testEdgeRows, type EdgeRow } from './edge-rows.ts'

const ask = { stream_options: { include_usage: true } }
const failure =
  'data: {"error": {"message": "CUDA error", "type": "InternalServerError", "param": null, "code": 500}}\n\n'
const words = [event(said('one')), event(said(' two'))]
const ending = event(finish())
const whole = [...words, ending, DONE]
const message = (content: string) => ({ response_message: { role: 'assistant', content } })
const told = { status: 'complete', reason: null, ...message('one two') } as const

/** The bytes as single pieces, cut between the characters of every place where `at` is found. */
function cutAfter(text: string, at: string): string[] {
  return text.split(new RegExp(`(?<=${at})`))
}

function bytesOf(text: string): Buffer[] {
  return [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
}

const rows: readonly EdgeRow[] = [
  {
    name: 'row 33: an error in the stream is passed on, and the terminator behind it ends no success',
    kind: 'vllm',
    ask,
    events: [...words, failure, DONE],
    trace: { status: 'error', reason: 'upstream_error_event', ...message('one two') },
  },
  {
    name: 'row 34: the error field of an older llama.cpp is an error and passes as it is',
    kind: 'llamacpp',
    ask,
    events: [...words, 'error: {"code":500,"message":"slot","type":"server_error"}\n\n', DONE],
    trace: { status: 'error', reason: 'upstream_error_event', ...message('one two') },
  },
  {
    name: 'row 35: a stream that just ends is partial and looks cut to the caller',
    kind: 'vllm',
    ask,
    events: words,
    cut: true,
    trace: { status: 'partial', reason: 'no_terminator', finish_reason: null },
  },
  {
    name: 'row 35: a stream that ends behind its finish and usage is complete, and says what is missing',
    kind: 'vllm',
    ask,
    events: [...words, ending, event(root({ usage: usage(1, 2) }))],
    trace: { status: 'complete', reason: 'terminator_missing', usage: usage(1, 2) },
  },
  {
    name: 'row 36: a terminator without a finish is no complete reply',
    kind: 'vllm',
    ask,
    events: [...words, DONE],
    trace: { status: 'partial', reason: 'no_finish', ...message('one two') },
  },
  {
    name: 'row 37: what comes behind the terminator is recorded and never shown',
    kind: 'generic',
    ask,
    events: [...whole, event(said(' three')), DONE],
    caller: whole.join(''),
    trace: { status: 'complete', warnings: ['data_after_done'], ...message('one two') },
  },
  {
    name: 'row 38: comments, blank lines, empty data and bare fields pass and say nothing',
    kind: 'generic',
    ask,
    events: [':\n\n', ': ping\n\n', '\n', 'data:\n\n', 'data: \n\n', 'retry: 5\n\n', ...whole],
    trace: { ...told, warnings: [] },
  },
  ...(['\r\n', '\r'] as const).map((end) => ({
    name: `row 39: lines that end with ${JSON.stringify(end)} are lines, and keep their ends`,
    kind: 'generic' as const,
    ask,
    events: whole.map((text) => text.replaceAll('\n', end)),
    trace: told,
  })),
  {
    name: 'row 39: a CR and its LF may come apart',
    kind: 'generic',
    ask,
    events: cutAfter(whole.join('').replaceAll('\n', '\r\n'), '\r'),
    trace: told,
  },
  {
    name: 'row 40: an emoji may come byte by byte and arrives whole',
    kind: 'generic',
    ask,
    events: [...bytesOf(event(said('😀é'))), ending, DONE],
    trace: { status: 'complete', ...message('😀é') },
  },
  {
    name: 'row 40: half an emoji that never gets its other half is passed on byte by byte',
    kind: 'generic',
    ask,
    events: [
      Buffer.concat([Buffer.from(event(said('')).slice(0, 20)), Buffer.from([0xf0, 0x9f])]),
      Buffer.from(`${event(said('')).slice(20)}`),
      ...whole,
    ],
    trace: { status: 'complete' },
  },
  {
    name: 'row 41: separators of lines and paragraphs are text',
    kind: 'generic',
    ask,
    events: [event(said('a\u2028b\u2029c\u0085d\u000be\u000cf')), ending, DONE],
    trace: { status: 'complete', ...message('a\u2028b\u2029c\u0085d\u000be\u000cf') },
  },
  {
    name: 'row 42: the data lines of one event are one payload',
    kind: 'generic',
    ask,
    events: [
      ...words,
      'data: {"choices":[{"index":0,\ndata: "delta":{},"finish_reason":"stop"}]}\n\n',
      DONE,
    ],
    trace: { ...told, finish_reason: 'stop' },
  },
  {
    name: 'row 43: data without a space and a byte order mark first are read',
    kind: 'generic',
    ask,
    events: [`\ufeff${whole.join('').replaceAll('data: ', 'data:')}`],
    trace: told,
  },
  {
    name: 'row 44: a role chunk with 100,000 prompt ids comes in many reads and is hidden whole',
    kind: 'vllm',
    ask,
    events: [
      ...(event({
        ...said(''),
        prompt_token_ids: Array.from({ length: 100_000 }, (_, i) => i),
      }).match(/[^]{1,16384}/g) ?? []),
      ...whole,
    ],
    caller: [event(said('')), ...whole].join(''),
    trace: { ...told, prompt_token_ids: Array.from({ length: 100_000 }, (_, i) => i) },
  },
  {
    name: 'row 45: a thousand events in one read are a thousand events, in order',
    kind: 'generic',
    ask,
    events: [sse(...Array.from({ length: 1_000 }, (_, i) => said(`${i} `)), finish()).join('')],
    trace: {
      status: 'complete',
      ...message(Array.from({ length: 1_000 }, (_, i) => `${i} `).join('')),
    },
  },
]

testEdgeRows('edge cases of framing, through the gateway', rows)
