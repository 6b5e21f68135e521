/**
 * Replies as engines send them when everything is asked for. What stands between « and » is there only
 * because it was asked for on the caller's behalf, so the caller must not get it.
 */
export function marked(...parts: readonly string[]): { reply: string; visible: string } {
  const text = parts.join('')
  return { reply: text.replaceAll(/[«»]/g, ''), visible: text.replaceAll(/«[^»]*»/gs, '') }
}

/** One event of a stream. */
export function event(data: string): string {
  return `data: ${data}\n\n`
}

export const DONE = event('[DONE]')

const ENTRY = '{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[]}'
const ENTRIES = `{"content":[${ENTRY}]}`
const CHUNK = '"id":"c1","object":"chat.completion.chunk","created":1790000000,"model":"m"'
const BODY = '"id":"c1","object":"chat.completion","created":1790000000,"model":"m"'
const USAGE = '"usage":{"prompt_tokens":2,"total_tokens":4,"completion_tokens":2}'
const TEXT_LOGPROBS =
  '{"text_offset":[0],"token_logprobs":[-0.125],"tokens":["Hi"],"top_logprobs":[{"Hi":-0.125}]}'

export const vllmChat = marked(
  `{${BODY},"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning":null}`,
  `«,"logprobs":${ENTRIES}»,"finish_reason":"stop","stop_reason":null«,"token_ids":[6324,2]»}],`,
  `"system_fingerprint":null,${USAGE},"prompt_logprobs":null«,"prompt_token_ids":[1,15043]»}`,
)

export const vllmChatStream = marked(
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,` +
      `"finish_reason":null}]«,"prompt_token_ids":[1,15043]»,"prompt_text":null}`,
  ),
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{"content":"Hi"}«,"logprobs":${ENTRIES}»,` +
      `"finish_reason":null«,"token_ids":[6324]»}]}`,
  ),
  // A step whose text the parser holds back: sent for its ids and logprobs alone.
  `«${event(
    `{${CHUNK},"choices":[{"index":0,"delta":{},"logprobs":${ENTRIES},"finish_reason":null,"token_ids":[7]}]}`,
  )}»`,
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{}«,"logprobs":${ENTRIES}»,"finish_reason":"stop",` +
      `"stop_reason":null«,"token_ids":[2]»}]}`,
  ),
  `«${event(`{${CHUNK},"choices":[],${USAGE}}`)}»`,
  DONE,
)

export const vllmCompletion = marked(
  `{"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"Hi"«,"logprobs":${TEXT_LOGPROBS}»,`,
  `"finish_reason":"stop","stop_reason":null«,"token_ids":[6324]»,"prompt_logprobs":null«,"prompt_token_ids":[1]»}],`,
  `${USAGE}}`,
)

export const vllmCompletionStream = marked(
  event(
    `{"id":"cmpl-1","choices":[{"index":0,"text":"Hi"«,"logprobs":${TEXT_LOGPROBS}»,"finish_reason":null,` +
      `"stop_reason":null«,"prompt_token_ids":[1]»«,"token_ids":[6324]»}]}`,
  ),
  event(
    `{"id":"cmpl-1","choices":[{"index":0,"text":""«,"logprobs":${TEXT_LOGPROBS}»,"finish_reason":"stop",` +
      `"stop_reason":null,"prompt_token_ids":null«,"token_ids":[2]»}]}`,
  ),
  `«${event(`{"id":"cmpl-1","choices":[],${USAGE}}`)}»`,
  DONE,
)

/** A chat reply with logprobs and nothing else to hide: older vLLM and llama.cpp. */
export const chatWithLogprobs = marked(
  `{${BODY},"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}«,"logprobs":${ENTRIES}»,`,
  `"finish_reason":"stop"}],${USAGE}}`,
)

export const chatStreamWithLogprobs = marked(
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{"content":"Hi"}«,"logprobs":${ENTRIES}»,"finish_reason":null}]}`,
  ),
  event(`{${CHUNK},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`),
  `«${event(`{${CHUNK},"choices":[],${USAGE}}`)}»`,
  DONE,
)

export const completionWithLogprobs = marked(
  `{"id":"cmpl-1","choices":[{"text":"Hi","index":0«,"logprobs":${TEXT_LOGPROBS}»,"finish_reason":"stop"}],${USAGE}}`,
)

export const completionStreamWithLogprobs = marked(
  event(`{"id":"cmpl-1","choices":[{"text":"Hi","index":0«,"logprobs":${TEXT_LOGPROBS}»}]}`),
  `«${event(`{"id":"cmpl-1","choices":[],${USAGE}}`)}»`,
  DONE,
)

export const sglangChat = marked(
  `{${BODY},"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}«,"logprobs":${ENTRIES}»,`,
  `"finish_reason":"stop","matched_stop":2«,"token_ids":[6324,2]»«,"prompt_token_ids":[1,15043]»}],${USAGE}}`,
)

export const sglangChatStream = marked(
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{"content":"Hi"}«,"logprobs":${ENTRIES}»,"finish_reason":null}]}`,
  ),
  event(`{${CHUNK},"choices":[{"index":0,"delta":{},"finish_reason":"stop","matched_stop":2}]}`),
  `«${event(`{${CHUNK},"choices":[],${USAGE}}`)}»`,
  `«${event(`{${CHUNK},"choices":[],"sglext":{"input_ids":[1,15043],"output_ids":[6324,2]}}`)}»`,
  DONE,
)

export const openaiChat = marked(
  `{${BODY},"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"logprobs":null,`,
  `"finish_reason":"stop"}],${USAGE},"service_tier":"default"}`,
)

export const openaiChatStream = marked(
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]«,"usage":null»,"obfuscation":"x"}`,
  ),
  event(
    `{${CHUNK},"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]«,"usage":null»}`,
  ),
  `«${event(`{${CHUNK},"choices":[],${USAGE}}`)}»`,
  DONE,
)

export const openaiCompletion = marked(
  `{"id":"cmpl-1","choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop"}],${USAGE}}`,
)

export const openaiCompletionStream = marked(
  event(`{"id":"cmpl-1","choices":[{"text":"Hi","index":0,"logprobs":null}]«,"usage":null»}`),
  `«${event(`{"id":"cmpl-1","choices":[],${USAGE}}`)}»`,
  DONE,
)
