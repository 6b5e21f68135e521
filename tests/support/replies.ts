import type { Json, JsonObject } from 'sluice/plugin'

/** A chunk of a chat stream with one choice; `choice` and `root` add to it or replace. */
export function chat(choice: JsonObject, root: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: null, ...choice }],
    ...root,
  }
}

/** A chunk of a completions stream with one choice. */
export function completion(choice: JsonObject, root: JsonObject = {}): JsonObject {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, text: '', logprobs: null, finish_reason: null, ...choice }],
    ...root,
  }
}

/** A chunk without choices, such as the one that reports usage. */
export function root(fields: JsonObject): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    ...fields,
  }
}

/** A chat logprob entry as vLLM writes it. */
export function entry(token: string, logprob: number, more: JsonObject = {}): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)], top_logprobs: [], ...more }
}

export function content(...entries: readonly Json[]): JsonObject {
  return { content: entries }
}

export function usage(prompt: number, completion: number): JsonObject {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}
