import { isObject, type Json, type JsonObject, type Rows } from 'sluice/plugin'
import { addChatEntries } from './chat-entries.ts'
import { addChatRows } from './chat-rows.ts'
import { addCompletionEntries } from './completion-entries.ts'
import { noEntries, type Column, type Entries } from './entries.ts'
import { appendIds, sameIds, tokenIds } from './token-ids.ts'

/** What the chunks seen so far say about the tokens of one choice. */
export interface ChoiceTokens {
  readonly index: number
  /** From `token_ids`; null until the server sent any, and for good once one was not a token id. */
  ids: number[] | null
  idsBroken: boolean
  readonly entries: Entries
  /** OpenAI's logprobs of a refusal, as they came; null when there is no refusal. */
  refusal: Json[] | null
  prompt: readonly number[] | null
  routing: string[] | null
  readonly flags: Set<string>
}

export function noTokens(index: number, keep: ReadonlySet<Column>): ChoiceTokens {
  return {
    index,
    ids: null,
    idsBroken: false,
    entries: noEntries(keep),
    refusal: null,
    prompt: null,
    routing: null,
    flags: new Set(),
  }
}

/**
 * Adds what one chunk says about this choice. Null and absent both mean: nothing in this chunk. `rows`:
 * the entries of its logprobs, where `choice` is from an outline.
 */
export function addTokens(tokens: ChoiceTokens, choice: JsonObject, rows?: Rows): void {
  const countBefore = tokens.entries.logprobs.length
  const { prompt_token_ids: prompt, logprobs } = choice
  const ids = choice['token_ids'] ?? movedIds(choice)
  if (isSet(logprobs)) addLogprobs(tokens, logprobs, rows)
  if (isSet(ids)) addIds(tokens, ids)
  if (isSet(prompt)) seePrompt(tokens, prompt)
  addRouting(tokens, choice)

  const count = tokens.entries.logprobs.length - countBefore
  // Under echo the first chunk has rows for the prompt too; that is told apart at the end.
  const isCompletion = isObject(logprobs) && 'token_logprobs' in logprobs
  if (!isCompletion && count > 0 && Array.isArray(ids) && ids.length !== count) {
    tokens.flags.add('length_mismatch')
  }
}

/** LiteLLM's proxy moves here what it does not know of a choice. */
function movedIds({ provider_specific_fields: moved }: JsonObject): Json | undefined {
  return isObject(moved) ? moved['token_ids'] : undefined
}

function addIds(tokens: ChoiceTokens, ids: Json): void {
  if (tokens.idsBroken) return
  tokens.ids ??= []
  if (Array.isArray(ids) && appendIds(tokens.ids, ids)) return
  tokens.flags.add('bad_token_id')
  tokens.idsBroken = true
  tokens.ids = null
}

function addLogprobs(tokens: ChoiceTokens, logprobs: Json, rows: Rows | undefined): void {
  if (!isObject(logprobs)) {
    tokens.flags.add('bad_logprob')
    return
  }
  const { content, refusal } = logprobs
  if (rows) addChatRows(tokens.entries, rows, tokens.flags)
  else if (Array.isArray(content)) addChatEntries(tokens.entries, content, tokens.flags)
  else if (Array.isArray(logprobs['token_logprobs'])) {
    addCompletionEntries(tokens.entries, logprobs, tokens.flags)
  }
  if (Array.isArray(refusal)) for (const entry of refusal) (tokens.refusal ??= []).push(entry)
}

/** The first copy is kept; servers repeat it, and then it must say the same. */
function seePrompt(tokens: ChoiceTokens, value: Json): void {
  const prompt = Array.isArray(value) ? tokenIds(value) : null
  if (!prompt) tokens.flags.add('bad_prompt_token_id')
  else if (!tokens.prompt) tokens.prompt = prompt
  else if (!sameIds(tokens.prompt, prompt)) tokens.flags.add('prompt_ids_differ')
}

function addRouting(tokens: ChoiceTokens, choice: JsonObject): void {
  const matrices = choice['routing_matrices'] ?? choice['routed_experts']
  if (!isSet(matrices)) return
  for (const matrix of Array.isArray(matrices) ? matrices : [matrices]) {
    if (typeof matrix === 'string') (tokens.routing ??= []).push(matrix)
    else tokens.flags.add('bad_routing_matrix')
  }
}

function isSet(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null
}
