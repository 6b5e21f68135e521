import type { Json, JsonObject } from '../../src/plugin/index.ts'
import { chatStream } from '../../src/wire/anthropic/stream.ts'
import { splitEvents } from './support.ts'

/** An event as Anthropic's servers write it. */
export function event(type: string, fields: JsonObject = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

export function start(usage: JsonObject = { input_tokens: 5, output_tokens: 1 }): string {
  const message = {
    id: 'msg_01A',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  return event('message_start', { message })
}

/** A whole block: its first form and its deltas. */
export function block(index: number, first: JsonObject, ...deltas: readonly JsonObject[]): string {
  return [
    event('content_block_start', { index, content_block: first }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ].join('')
}

export function finish(reason: string, output = 7, sequence: string | null = null): string {
  return event('message_delta', {
    delta: { stop_reason: reason, stop_sequence: sequence },
    usage: { output_tokens: output },
  })
}

export const STOP = event('message_stop')

export function text(said: string): JsonObject {
  return { type: 'text_delta', text: said }
}

/** A stream with everything: a thought, a text, two tool calls of which one has no input, a ping. */
export const EVERYTHING = [
  start({ input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 }),
  event('ping'),
  block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Wetter\u{1f327}' },
    { type: 'thinking_delta', thinking: ' in Köln' },
    { type: 'signature_delta', signature: 'c2ln' },
  ),
  block(1, { type: 'text', text: '' }, text('Ich '), text('schaue “nach”.')),
  block(
    2,
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"city": "K' },
    { type: 'input_json_delta', partial_json: 'öln"}' },
  ),
  block(3, { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} }),
  finish('tool_use', 42),
  STOP,
].join('')

/** The same as a single reply. */
export const EVERYTHING_AT_ONCE: JsonObject = {
  id: 'msg_01A',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [
    { type: 'thinking', thinking: 'Wetter\u{1f327} in Köln', signature: 'c2ln' },
    { type: 'text', text: 'Ich schaue “nach”.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Köln' } },
    { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 42 },
}

/** What a stream becomes, however it came. */
export function translated(reads: readonly Buffer[], includeUsage = false): string {
  const convert = chatStream({ created: 1_790_000_000, includeUsage })
  return splitEvents(reads).map(convert).join('')
}

/** The payloads of a translated stream; the terminator as the text it is. */
export function payloads(stream: string, includeUsage = false): Json[] {
  const events = splitEvents([Buffer.from(translated([Buffer.from(stream)], includeUsage))])
  return events
    .filter(({ kind }) => kind === 'event')
    .map((one) => (one.text === '[DONE]' ? one.text : (JSON.parse(one.text) as Json)))
}
