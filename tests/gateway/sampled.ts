import { isObject, type Json, type JsonObject } from 'sluice/plugin'

/** What a reply of one choice tells about its tokens. */
export interface Sampled {
  readonly prompt: readonly number[]
  readonly ids: readonly number[]
  readonly logprobs: readonly number[]
}

/** Reads a reply of chat or completions, single or streamed, where vLLM writes these things. */
export function sampledIn(body: string): Sampled {
  const chunks = body.startsWith('data:') ? eventsOf(body) : [JSON.parse(body) as JsonObject]
  const choices = chunks.flatMap((chunk) => listOf(chunk['choices']))
  const prompts = [...chunks, ...choices].map((one) => numbersOf(one['prompt_token_ids']))
  return {
    prompt: prompts.find((ids) => ids.length > 0) ?? [],
    ids: choices.flatMap((choice) => numbersOf(choice['token_ids'])),
    logprobs: choices.flatMap(({ logprobs }) => logprobsOf(logprobs)),
  }
}

function eventsOf(body: string): JsonObject[] {
  return body
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)) as JsonObject)
}

function logprobsOf(logprobs: Json | undefined): readonly number[] {
  if (!isObject(logprobs)) return []
  if (Array.isArray(logprobs['token_logprobs'])) return numbersOf(logprobs['token_logprobs'])
  return listOf(logprobs['content']).flatMap(({ logprob }) => numbersOf([logprob ?? null]))
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isObject(one)) : []
}

function numbersOf(value: Json | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []
}
