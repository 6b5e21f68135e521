import type { Choice, Trace, WireRecord } from '../../plugin/index.ts'
import { rawRequest, rawResponse, requestMessages, requestTools } from '../derive.ts'
import { ByteReader } from './bytes.ts'
import { readFloats, readIds } from './columns.ts'
import type { StoredChoice, StoredTrace } from './encode-trace.ts'
import { decodeWire } from './encode-wire.ts'
import { readList, withLists, type ReadList } from './reply-lists.ts'
import { readResponse } from './response-ids.ts'
import { readBytes, readTop } from './token-columns.ts'

/** What a payload refers to but does not hold. */
export interface Sources {
  readonly received: Uint8Array
  /** Prompt and completion ids of choice 0, one after the other. */
  readonly ids: Int32Array
  readonly readSent: () => Uint8Array
  readonly readMessages: () => Uint8Array
}

/** What a decoded trace lacks is where it stands in its sessions. */
export type Decoded = Omit<Trace, 'seq' | 'session_id' | 'session_ids'> & {
  readonly wire: WireRecord
}

/** Reads a payload back, column by column in the order the encoder wrote them. */
export function decodeTrace(payload: Uint8Array, sources: Sources): Decoded {
  const outer = new ByteReader(payload)
  const head = new ByteReader(outer.bytes(outer.varint()))
  const json = Buffer.from(head.bytes(head.varint())).toString()
  const stored = JSON.parse(json) as StoredTrace
  const { prompt, completion } = idsOf(stored, sources.ids)
  const storedLists = stored.lists ?? []
  const lists = storedLists.map((list) => readList(head, list))
  const choices = stored.choices.map((choice) =>
    decodeChoice(head, choice, lists, prompt, completion),
  )
  const first = choices[0]
  const logprobs =
    stored.logprobs === 'choice' ? (first?.logprobs ?? null) : readFloats(head, stored.logprobs)
  const rest = readResponse(outer, sources.ids.subarray(0, promptLength(stored)))
  const wire = {
    ...decodeWire(head, stored.wire, sources.received, sources.readSent),
    response: lists.length > 0 ? withLists(rest, storedLists, lists) : rest.slice(),
  }
  const request = rawRequest(wire.received)
  return {
    ...stored.fields,
    messages: messagesOf(stored, request, sources),
    tools: stored.tools === 'request' ? requestTools(request) : stored.tools,
    prompt_token_ids: prompt,
    completion_token_ids: completion,
    logprobs,
    response_message:
      stored.response_message === 'choice' ? (first?.message ?? {}) : stored.response_message,
    routing_matrices:
      stored.routing_matrices === 'choice'
        ? (first?.routing_matrices ?? null)
        : stored.routing_matrices,
    choices,
    raw_request: request,
    raw_response: rawResponse(wire),
    wire,
  }
}

function decodeChoice(
  from: ByteReader,
  { list: index, ...stored }: StoredChoice,
  lists: readonly ReadList[],
  prompt: readonly number[],
  completion: readonly number[],
): Choice {
  const { prompt_token_ids, token_ids } = stored
  const list = index === undefined ? undefined : lists[index]
  const tokens = (list ? list.column('token') : stored.tokens) as Choice['tokens']
  return {
    ...stored,
    prompt_token_ids: prompt_token_ids === 'prompt' ? prompt : readIds(from, prompt_token_ids),
    token_ids: token_ids === 'completion' ? completion : readIds(from, token_ids),
    tokens,
    logprobs: list
      ? (list.column('logprob') as Choice['logprobs'])
      : readFloats(from, stored.logprobs),
    bytes: readBytes(list ? 'utf8' : stored.bytes, tokens),
    top_logprobs: readTop(from, stored.top_logprobs),
  }
}

function promptLength({ ids }: StoredTrace): number {
  return typeof ids === 'number' ? ids : 0
}

function idsOf(
  { ids }: StoredTrace,
  packed: Int32Array,
): { prompt: readonly number[]; completion: readonly number[] } {
  if (typeof ids === 'object') return ids
  return { prompt: [...packed.subarray(0, ids)], completion: [...packed.subarray(ids)] }
}

function messagesOf(
  { messages }: StoredTrace,
  request: Trace['raw_request'],
  { readMessages }: Sources,
): Trace['messages'] {
  if (messages === 'none') return []
  if (messages === 'request') return requestMessages(request)
  return JSON.parse(Buffer.from(readMessages()).toString()) as Trace['messages']
}
