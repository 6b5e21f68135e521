import type { JsonObject } from 'sluice/plugin'

/** A chat completion that used so much, as its body. */
export function completionThatUsed(usage: JsonObject, model = 'm'): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'so' },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage,
  })
}
