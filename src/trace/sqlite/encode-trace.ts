import { isDeepStrictEqual } from 'node:util'
import { rowsOf } from '../../plugin/choices.ts'
import type { FoundRows } from '../../wire/found-rows.ts'
import type { Choice, FullTrace, JsonObject, Trace } from '../../plugin/index.ts'
import { rawRequest, requestMessages, requestTools } from '../derive.ts'
import { ByteWriter } from './bytes.ts'
import { packIds, writeFloats, writeIds, type FloatColumn, type IdColumn } from './columns.ts'
import { encodeWire, type StoredWire } from './encode-wire.ts'
import type { SaveJob } from './jobs.ts'
import { listsIn, sizeOfLists, tellsOf, writeLists, type StoredList } from './reply-lists.ts'
import { writeBytes, writeTop, type BytesColumn, type TopColumn } from './token-columns.ts'

/** Fields with a place of their own: read from the bytes, kept once, or packed. JSON leaves them out. */
const APART = {
  seq: undefined,
  session_id: undefined,
  session_ids: undefined,
  messages: undefined,
  tools: undefined,
  raw_request: undefined,
  raw_response: undefined,
  prompt_token_ids: undefined,
  completion_token_ids: undefined,
  response_message: undefined,
  logprobs: undefined,
  routing_matrices: undefined,
  choices: undefined,
  wire: undefined,
} satisfies Partial<Record<keyof FullTrace, undefined>>

export interface StoredChoice extends Omit<
  Choice,
  'prompt_token_ids' | 'token_ids' | 'logprobs' | 'bytes' | 'top_logprobs'
> {
  readonly prompt_token_ids: 'prompt' | IdColumn
  readonly token_ids: 'completion' | IdColumn
  readonly logprobs: FloatColumn
  readonly bytes: BytesColumn
  readonly top_logprobs: TopColumn | null
  /** Which list of the reply tells `logprobs`, `tokens` and `bytes`, which are then null. */
  readonly list?: number
}

/** A trace as its JSON is stored. A word stands for a value that is already somewhere else. */
export interface StoredTrace {
  readonly fields: Omit<Trace, keyof typeof APART>
  readonly messages: 'none' | 'request' | 'stored'
  readonly tools: 'request' | Trace['tools']
  /** How many of the stored ids are the prompt's, or all ids when they could not be packed. */
  readonly ids:
    | number
    | { readonly prompt: readonly number[]; readonly completion: readonly number[] }
  readonly response_message: 'choice' | JsonObject
  readonly logprobs: 'choice' | FloatColumn
  readonly routing_matrices: 'choice' | Trace['routing_matrices']
  readonly choices: readonly StoredChoice[]
  readonly wire: StoredWire
  /** Absent where there are none, and in the first schema. */
  readonly lists?: readonly StoredList[]
}

export type EncodedTrace = Pick<
  SaveJob,
  'head' | 'columns' | 'sent' | 'messages' | 'ids' | 'promptLength' | 'response'
>

/**
 * Turns a trace into what is posted to the writer. Costs are paid on the event loop, so what is equal
 * to something else is looked at by identity first.
 */
export function encodeTrace(trace: FullTrace): EncodedTrace {
  const { prompt_token_ids: prompt, completion_token_ids: completion, choices, wire } = trace
  const { messages, response_message, logprobs, routing_matrices } = trace
  const first = choices[0]
  const ids = packIds(prompt, completion)
  const lists = listsIn(wire.response, choices)
  const columns = new ByteWriter(sizeOfLists(lists) + 1024)
  const { stored: storedLists, rest } = writeLists(columns, wire.response, lists)
  const source = sourceOf(trace)
  const stored: StoredTrace = {
    fields: { ...trace, ...APART },
    ...source,
    ids: ids ? prompt.length : { prompt, completion },
    response_message: isSame(response_message, first?.message) ? 'choice' : response_message,
    routing_matrices: isSame(routing_matrices, first?.routing_matrices)
      ? 'choice'
      : routing_matrices,
    choices: choices.map((choice) => encodeChoice(columns, choice, lists, prompt, completion)),
    logprobs: isSame(logprobs, first?.logprobs) ? 'choice' : writeFloats(columns, logprobs),
    wire: encodeWire(columns, wire),
    ...(storedLists.length > 0 && { lists: storedLists }),
  }
  return {
    head: Buffer.from(JSON.stringify(stored)),
    columns: columns.length > 0 ? columns.finish() : null,
    sent: stored.wire.sent === 'stored' ? wire.sent : null,
    messages: source.messages === 'stored' ? Buffer.from(JSON.stringify(messages)) : null,
    ids: ids && ids.length > 0 ? ids : null,
    promptLength: ids ? prompt.length : 0,
    response: rest,
  }
}

function encodeChoice(
  columns: ByteWriter,
  choice: Choice,
  lists: readonly FoundRows[],
  prompt: readonly number[],
  completion: readonly number[],
): StoredChoice {
  const { index, message, finish_reason, stop_reason, routing_matrices, flags, extra } = choice
  const { prompt_token_ids, token_ids, top_logprobs } = choice
  const list = lists.findIndex((one) => one === rowsOf(choice) && tellsOf(one, choice))
  // Named one by one, because what the list tells is made when it is read.
  return {
    index,
    message,
    finish_reason,
    stop_reason,
    routing_matrices,
    flags,
    extra,
    prompt_token_ids: isSame(prompt_token_ids, prompt)
      ? 'prompt'
      : writeIds(columns, prompt_token_ids),
    token_ids: isSame(token_ids, completion) ? 'completion' : writeIds(columns, token_ids),
    ...(list >= 0
      ? { list, logprobs: null, tokens: null, bytes: null }
      : {
          logprobs: writeFloats(columns, choice.logprobs),
          tokens: choice.tokens,
          bytes: writeBytes(choice.bytes, choice.tokens),
        }),
    top_logprobs: writeTop(columns, top_logprobs),
  }
}

/** Messages and tools are usually the caller's own, which the received bytes already tell. */
function sourceOf({
  messages,
  tools,
  raw_request,
  wire,
}: FullTrace): Pick<StoredTrace, 'messages' | 'tools'> {
  const hasNoMessages = messages.length === 0
  if (hasNoMessages && tools === null) return { messages: 'none', tools }
  const request = raw_request ?? rawRequest(wire.received)
  return {
    messages: hasNoMessages
      ? 'none'
      : isSame(messages, requestMessages(request))
        ? 'request'
        : 'stored',
    tools: tools !== null && isSame(tools, requestTools(request)) ? 'request' : tools,
  }
}

function isSame(value: unknown, other: unknown): boolean {
  return value === other ? value !== undefined : isDeepStrictEqual(value, other)
}
