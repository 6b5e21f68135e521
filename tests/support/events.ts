/** Pieces of vLLM-shaped streams, as bytes, for scripted upstreams. */

export function roleEvent(promptIds: readonly number[] | null = null): string {
  const ids = promptIds === null ? 'null' : `[${promptIds.join(',')}]`
  return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":${ids}}\n\n`
}

export function tokenEvent(
  text: string,
  options: { index?: number; finish?: string; ids?: readonly number[] } = {},
): string {
  const { index = 0, finish, ids } = options
  const end =
    finish === undefined
      ? '"finish_reason":null'
      : `"finish_reason":${JSON.stringify(finish)},"stop_reason":null`
  const tokens = ids === undefined ? 'null' : `[${ids.join(',')}]`
  return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":${index},"delta":{"content":${JSON.stringify(text)}},"logprobs":null,${end},"token_ids":${tokens}}]}\n\n`
}

export function usageEvent(prompt: number, completion: number): string {
  return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[],"usage":{"prompt_tokens":${prompt},"total_tokens":${prompt + completion},"completion_tokens":${completion}}}\n\n`
}

export const DONE = 'data: [DONE]\n\n'

/** A whole chat completion as one JSON body. */
export function completion(text: string): string {
  return `{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":${JSON.stringify(text)}},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"total_tokens":2,"completion_tokens":1}}`
}

/** A chat request that leaves nothing for injection to add at a generic upstream. */
export function chat(stream: boolean, extra: object = {}): Record<string, unknown> {
  return {
    model: 'm',
    messages: [{ role: 'user', content: 'q' }],
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    ...extra,
  }
}
