import {
  isObject,
  withFlags,
  type Chunk,
  type Json,
  type JsonObject,
  type Rows,
} from 'sluice/plugin'
import { addChatEntries } from './chat-entries.ts'
import { addTokens, noTokens, type ChoiceTokens } from './choice-tokens.ts'
import type { Column } from './entries.ts'
import { sameIds, tokenIds } from './token-ids.ts'

/** What the chunks seen so far say about the tokens of a reply. */
export interface ReplyTokens {
  readonly keep: ReadonlySet<Column>
  readonly choices: Map<number, ChoiceTokens>
  /** The prompt as the server names it for the whole reply. */
  prompt: readonly number[] | null
  usage: JsonObject | null
  /** The weights the server says it sampled the first and the latest chunk with. */
  firstWeights: number | string | null
  latestWeights: number | string | null
  warnings: readonly string[]
}

export function noReply(keep: ReadonlySet<Column>): ReplyTokens {
  return {
    keep,
    choices: new Map(),
    prompt: null,
    usage: null,
    firstWeights: null,
    latestWeights: null,
    warnings: [],
  }
}

/** Adds one chunk of a chat or completions reply. Never throws: what cannot be read is a warning. */
export function addChunk(reply: ReplyTokens, chunk: Chunk): void {
  if (chunk.event === 'error') return
  const { outline: data } = chunk
  if (!isObject(data)) return warn(reply, 'unexpected_shape:reply')
  const { choices, prompt_token_ids: prompt, usage, sglext } = data
  if (Array.isArray(choices)) {
    for (const [at, choice] of choices.entries()) {
      addChoice(reply, choice, chunk.rows(`choices.${at}.logprobs.content`))
    }
  } else if (isSet(choices)) warn(reply, 'unexpected_shape:choices')
  if (isSet(prompt)) seePrompt(reply, prompt)
  if (isObject(usage)) reply.usage = usage
  if (isObject(sglext)) addSglext(reply, sglext)
  seeWeights(reply, data)
}

/** Adds one event (or the body) of OpenAI's Responses API, whose logprobs sit on pieces of text. */
export function addResponsesEvent(reply: ReplyTokens, { data }: Chunk): void {
  if (!isObject(data)) return warn(reply, 'unexpected_shape:reply')
  if (data['type'] === 'response.output_text.delta') return addPart(reply, data)
  const response = data['object'] === 'response' ? data : data['response']
  if (!isObject(response)) return
  if (isObject(response['usage'])) reply.usage = response['usage']
  // The closing event repeats what the deltas said.
  if (reply.choices.size > 0) return
  for (const item of objects(response['output'])) {
    for (const part of objects(item['content'])) addPart(reply, part)
  }
}

function addPart(reply: ReplyTokens, { logprobs }: JsonObject): void {
  if (!Array.isArray(logprobs) || logprobs.length === 0) return
  const { entries, flags } = choiceAt(reply, 0)
  addChatEntries(entries, logprobs, flags)
}

function warn(reply: ReplyTokens, warning: string): void {
  reply.warnings = withFlags(reply.warnings, [warning])
}

function addChoice(reply: ReplyTokens, choice: Json, rows: Rows | undefined): void {
  if (!isObject(choice)) return warn(reply, 'unexpected_shape:choices')
  const { index } = choice
  if (!isIndex(index)) return warn(reply, 'unexpected_shape:choices.index')
  const tokens = choiceAt(reply, index)
  addTokens(tokens, choice, rows)
}

function choiceAt(reply: ReplyTokens, index: number): ChoiceTokens {
  let tokens = reply.choices.get(index)
  if (!tokens) reply.choices.set(index, (tokens = noTokens(index, reply.keep)))
  return tokens
}

/** vLLM repeats the prompt once per choice; one copy is kept and the others must say the same. */
function seePrompt(reply: ReplyTokens, value: Json): void {
  const prompt = Array.isArray(value) ? tokenIds(value) : null
  if (!prompt) warn(reply, 'bad_prompt_token_id')
  else if (!reply.prompt) reply.prompt = prompt
  else if (!sameIds(reply.prompt, prompt)) warn(reply, 'prompt_ids_differ')
}

/** SGLang delivers ids once, after the last choice chunk: a list, or one list per choice. */
function addSglext(reply: ReplyTokens, sglext: JsonObject): void {
  const { input_ids: input, output_ids: output, routed_experts: routing } = sglext
  if (isSet(input)) {
    const first = Array.isArray(input) ? input[0] : undefined
    seePrompt(reply, Array.isArray(first) ? first : input)
  }
  if (isSet(output)) {
    const lists = Array.isArray(output) && Array.isArray(output[0]) ? output : [output]
    for (const [index, ids] of lists.entries()) {
      const tokens = choiceAt(reply, index)
      if (!tokens.ids) addTokens(tokens, { token_ids: ids })
    }
  }
  if (isSet(routing)) addTokens(choiceAt(reply, 0), { routed_experts: routing })
}

/** What vLLM and SGLang call weights to which nobody has given a version. It says less than a trainer does. */
const UNNAMED_WEIGHTS = 'default'

function seeWeights(reply: ReplyTokens, data: JsonObject): void {
  const stamp =
    data['weight_version'] ?? member(data['metadata']) ?? member(data['meta_info']) ?? null
  if (typeof stamp !== 'number' && typeof stamp !== 'string') return
  if (stamp === UNNAMED_WEIGHTS) return
  reply.firstWeights ??= stamp
  reply.latestWeights = stamp
}

/** SGLang puts its stamp into an object beside the choices. */
function member(value: Json | undefined): Json | undefined {
  return isObject(value) ? value['weight_version'] : undefined
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isSet(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0
}
