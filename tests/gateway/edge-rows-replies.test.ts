import { DONE } from '../support/events.ts'
import { chat, content, entry, root, usage } from '../support/replies.ts'
import { event, finish, role, said, shown, sse, testEdgeRows, type EdgeRow } from './edge-rows.ts'

const readsUsage = { stream_options: { include_usage: true } }
const tools = (index: number, more: object) => chat({ delta: { tool_calls: [{ index, ...more }] } })
const total = root({ usage: usage(3, 2) })

const rows: readonly EdgeRow[] = [
  {
    name: 'row 23: a usage chunk without choices reaches the caller that asked for it',
    kind: 'vllm',
    ask: readsUsage,
    events: sse(role(), said('a'), finish(), total),
    trace: { usage: usage(3, 2), token_counts: { prompt: 3, completion: 2 }, params_sent: sent() },
  },
  {
    name: "row 24: Azure's first chunk without id and choices passes and names nothing",
    kind: 'openai',
    ask: readsUsage,
    events: sse(
      root({ id: '', model: '', created: 0, prompt_filter_results: [{ prompt_index: 0 }] }),
      role(),
      said('a'),
      finish(),
      total,
    ),
    trace: { status: 'complete', response_model: 'm', response_message: assistant('a') },
  },
  {
    name: 'row 25, row 27: usage that was asked for on behalf of the caller leaves no null behind',
    kind: 'openai',
    events: sse(
      { ...role(), usage: null },
      { ...said('a'), usage: null },
      { ...finish(), usage: null },
      total,
    ),
    caller: shown(role(), said('a'), finish()),
    trace: { usage: usage(3, 2), params_sent: readsUsage },
  },
  {
    name: 'row 26: running usage goes to the caller that asked, and the last one counts',
    kind: 'vllm',
    ask: { stream_options: { include_usage: true, continuous_usage_stats: true } },
    events: sse(
      { ...said('a'), usage: usage(3, 1) },
      { ...finish(), usage: usage(3, 2) },
      root({ usage: usage(3, 2) }),
    ),
    trace: { usage: usage(3, 2) },
  },
  {
    name: 'row 27: the usage chunk that vLLM sends for the record alone is taken out',
    kind: 'vllm',
    events: sse(role(), said('a'), finish(), total),
    caller: sse(role(), said('a'), finish()).join(''),
    trace: { usage: usage(3, 2), status: 'complete', finish_reason: 'stop' },
  },
  {
    name: 'row 28: two finishes of one choice both pass, and the first one counts',
    kind: 'generic',
    ask: readsUsage,
    events: sse(said('a'), finish(), chat({ finish_reason: 'length' })),
    trace: { finish_reason: 'stop', choices: [{ flags: ['finished_twice'] }] },
  },
  {
    name: 'row 29: an aborted reply ends as the server ends it, and is partial',
    kind: 'vllm',
    events: sse(role(), said('a'), chat({ finish_reason: 'abort', stop_reason: null })),
    trace: { status: 'partial', reason: 'aborted', finish_reason: 'abort', http_status: 200 },
  },
  {
    name: 'row 29: an aborted single reply is partial too',
    kind: 'vllm',
    body: JSON.stringify({
      choices: [{ index: 0, message: assistant('a'), finish_reason: 'abort' }],
    }),
    trace: { status: 'partial', reason: 'aborted', response_message: assistant('a') },
  },
  {
    name: "row 47: SGLang's nulls on later tool fragments pass and replace nothing",
    kind: 'sglang',
    ask: readsUsage,
    events: sse(
      tools(0, { id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }),
      tools(0, { id: null, type: 'function', function: { name: null, arguments: '{"x":' } }),
      tools(0, { id: null, type: 'function', function: { name: null, arguments: '1}' } }),
      chat({ finish_reason: 'tool_calls' }),
    ),
    trace: {
      finish_reason: 'tool_calls',
      response_message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"x":1}' } },
        ],
      },
    },
  },
  {
    name: 'row 52: reasoning keeps its name in the bytes and on record',
    kind: 'vllm',
    ask: readsUsage,
    events: sse(
      chat({ delta: { role: 'assistant', reasoning: 'let ' } }),
      chat({ delta: { reasoning: 'me' } }),
      said('a'),
      finish(),
    ),
    trace: { response_message: { role: 'assistant', content: 'a', reasoning: 'let me' } },
  },
  {
    name: 'row 52: reasoning that a caller refused is recorded and kept from it',
    kind: 'vllm',
    ask: { include_reasoning: false, ...readsUsage },
    events: sse(
      role(),
      chat({ delta: { reasoning: 'hm' } }),
      chat({ delta: { content: 'a', reasoning: '!' } }),
      finish(),
    ),
    caller: sse(role(), said('a'), finish()).join(''),
    trace: { response_message: { role: 'assistant', content: 'a', reasoning: 'hm!' } },
  },
  {
    name: 'row 59: logprobs: false is true upstream and nothing downstream',
    kind: 'vllm',
    ask: { logprobs: false, top_logprobs: 0, ...readsUsage },
    events: sse(role(), said('a', { token_ids: [5], logprobs: content(entry('a', -1)) }), finish()),
    caller: shown(role(), said('a', { token_ids: [5], logprobs: content() }), finish()),
    trace: { logprobs: [-1], params_sent: sent({ logprobs: true }) },
  },
  {
    name: 'row 60: alternatives a caller asked for pass unchanged, and the ids beside them are cut',
    kind: 'vllm',
    ask: { logprobs: true, top_logprobs: 5, ...readsUsage },
    events: [
      'data: {"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1.0,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-1.0},{"token":"b","logprob":-0.50}]}]},"token_ids":[5],"finish_reason":null}]}\n\n',
      ...sse(finish()),
    ],
    caller: `data: {"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1.0,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-1.0},{"token":"b","logprob":-0.50}]}]},"finish_reason":null}]}\n\n${event(finish())}${DONE}`,
    trace: { logprobs: [-1], params_sent: { return_token_ids: true } },
  },
  {
    name: 'row 70: a stop string is the stop reason, and the ids behind it are kept',
    kind: 'vllm',
    events: sse(role(), finish({ delta: { content: 'a' }, token_ids: [1, 2], stop_reason: '##' })),
    caller: shown(role(), finish({ delta: { content: 'a' }, stop_reason: '##' })),
    trace: { choices: [{ token_ids: [1, 2], stop_reason: '##', finish_reason: 'stop' }] },
  },
  {
    name: 'row 71: the numbers of a single reply keep their bytes when what stands beside them is cut',
    kind: 'vllm',
    body: '{ "created" : 1.0e3, "choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9"},"logprobs":{"content":[{"token":"a","logprob":-7.7125e-05}]},"finish_reason":"stop","token_ids":[5]}],"big":12345678901234567890,"prompt_token_ids":[1]}',
    caller:
      '{ "created" : 1.0e3, "choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9"},"finish_reason":"stop"}],"big":12345678901234567890}',
    trace: { logprobs: [-7.7125e-5], prompt_token_ids: [1], completion_token_ids: [5] },
  },
  {
    name: 'row 74: the model that answered stands beside the one that was asked for',
    kind: 'vllm',
    body: '{"model":"base-lora","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}',
    trace: { model: 'vllm', response_model: 'base-lora' },
  },
]

/** What vLLM is asked for on behalf of a caller that reads its usage itself. */
function sent(more: object = { logprobs: true }): { return_token_ids: true } {
  return { return_token_ids: true, ...more }
}

function assistant(content: string): { role: string; content: string } {
  return { role: 'assistant', content }
}

testEdgeRows('edge cases of replies and what is hidden of them, through the gateway', rows)
