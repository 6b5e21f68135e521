import { chat, completion, content, entry, root, usage } from '../support/replies.ts'
import { event, finish, role, said, shown, sse, testEdgeRows, type EdgeRow } from './edge-rows.ts'

const one = said('a', { token_ids: [5], logprobs: content(entry('a', -0.25)) })
const eos = finish({ token_ids: [151645], logprobs: content(entry('<|im_end|>', -0.5)) })
/** The caller reads ids and logprobs itself, so its bytes are the server's. */
const asking = { logprobs: true, return_token_ids: true, stream_options: { include_usage: true } }

const rows: readonly EdgeRow[] = [
  {
    name: 'row 1: the role chunk brings the prompt and no token, and the caller sees neither',
    kind: 'vllm',
    events: sse(role({ prompt_token_ids: [1, 15043] }), one, eos),
    caller: shown(role({ prompt_token_ids: [1, 15043] }), one, eos),
    trace: { prompt_token_ids: [1, 15043], completion_token_ids: [5, 151645], status: 'complete' },
  },
  {
    name: 'row 2: a null prompt is not delivered yet, and its null stays in the bytes',
    kind: 'vllm',
    events: sse(role({ prompt_token_ids: null }), role({ prompt_token_ids: [7, 8] }), one, eos),
    caller: shown(role({ prompt_token_ids: null }), role({ prompt_token_ids: [7, 8] }), one, eos),
    trace: { prompt_token_ids: [7, 8], warnings: [] },
  },
  {
    name: 'row 3: the prompt that each of three choices repeats is kept once and hidden thrice',
    kind: 'vllm',
    ask: { n: 3 },
    events: sse(
      ...[0, 1, 2].map((index) =>
        chat({ index, delta: { role: 'assistant' } }, { prompt_token_ids: [1, 2] }),
      ),
      ...[2, 0, 1].map((index) => finish({ index, token_ids: [index] })),
    ),
    caller: shown(
      ...[0, 1, 2].map((index) => chat({ index, delta: { role: 'assistant' } })),
      ...[2, 0, 1].map((index) => finish({ index })),
    ),
    trace: {
      prompt_token_ids: [1, 2],
      choices: [0, 1, 2].map((index) => ({ index, token_ids: [index], prompt_token_ids: null })),
    },
  },
  {
    name: 'row 6: four choices of two prompts come one by one and are each on record',
    kind: 'vllm',
    path: '/v1/completions',
    ask: { prompt: [[1], [2, 3]], n: 2, return_token_ids: true, logprobs: 0 },
    events: sse(
      ...[3, 1, 0, 2].map((index) =>
        completion({
          index,
          text: `t${index}`,
          prompt_token_ids: index < 2 ? [1] : [2, 3],
          token_ids: [index],
          finish_reason: 'stop',
        }),
      ),
    ),
    trace: {
      status: 'complete',
      choices: [
        { index: 0, token_ids: [0], prompt_token_ids: null },
        { index: 1, token_ids: [1], prompt_token_ids: null },
        { index: 2, token_ids: [2], prompt_token_ids: [2, 3] },
        { index: 3, token_ids: [3], prompt_token_ids: [2, 3] },
      ],
    },
  },
  {
    name: 'row 7: the EOS that rides on the finish chunk is recorded, and the finish still arrives',
    kind: 'vllm',
    events: sse(role(), one, eos),
    caller: shown(role(), one, eos),
    trace: { completion_token_ids: [5, 151645], logprobs: [-0.25, -0.5], finish_reason: 'stop' },
  },
  {
    name: 'row 9: a chunk of nothing but tokens is recorded and never reaches the caller',
    kind: 'vllm',
    events: sse(role(), chat({ token_ids: [9], logprobs: content(entry('<t>', -1)) }), one, eos),
    caller: shown(role(), one, eos),
    trace: { completion_token_ids: [9, 5, 151645], logprobs: [-1, -0.25, -0.5] },
  },
  {
    name: 'row 10: a chunk with an empty text and a token keeps its text',
    kind: 'vllm',
    events: sse(role(), said('', { token_ids: [9] }), one, eos),
    caller: shown(role(), said(''), one, eos),
    trace: { completion_token_ids: [9, 5, 151645], response_message: message('a') },
  },
  {
    name: 'row 11: text whose ids came earlier adds none',
    kind: 'vllm',
    events: sse(role(), one, said('b', { token_ids: [] }), eos),
    caller: shown(role(), one, said('b'), eos),
    trace: { completion_token_ids: [5, 151645], response_message: message('ab') },
  },
  {
    name: 'row 12: five tokens in one chunk are five tokens',
    kind: 'vllm',
    ask: asking,
    events: sse(
      role(),
      said('abcde', {
        token_ids: [1, 2, 3, 4, 5],
        logprobs: content(...[1, 2, 3, 4, 5].map((i) => entry('t', -i))),
      }),
      finish(),
    ),
    trace: { completion_token_ids: [1, 2, 3, 4, 5], logprobs: [-1, -2, -3, -4, -5] },
  },
  {
    name: 'row 13: ids and logprobs of unequal number are both kept, and flagged',
    kind: 'vllm',
    events: sse(
      role(),
      said('a', { token_ids: [1, 2], logprobs: content(entry('a', -1)) }),
      finish(),
    ),
    caller: shown(role(), said('a', { token_ids: [1], logprobs: content() }), finish()),
    trace: {
      status: 'complete',
      choices: [{ token_ids: [1, 2], logprobs: [-1], flags: ['length_mismatch'] }],
    },
  },
  {
    name: 'row 14: an entry without a logprob keeps its place through the store',
    kind: 'vllm',
    ask: asking,
    events: sse(
      role(),
      said('ab', { token_ids: [1, 2], logprobs: content(entry('a', -1), { token: 'b' }) }),
      finish(),
    ),
    trace: { logprobs: [-1, null], choices: [{ flags: ['missing_logprob'] }] },
  },
  {
    name: 'row 15: -9999 passes the store as the number it is',
    kind: 'vllm',
    ask: asking,
    events: sse(
      role(),
      said('a', { token_ids: [1], logprobs: content(entry('a', -9999)) }),
      finish(),
    ),
    trace: { logprobs: [-9999], choices: [{ flags: ['clamped_logprob'] }] },
  },
  {
    name: 'row 16, row 71: zero, minus zero and exponents are numbers, and the caller gets their bytes',
    kind: 'vllm',
    ask: asking,
    events: [
      event(role()),
      'data: {"choices":[{"index":0,"delta":{"content":"abcd"},"logprobs":{"content":[{"logprob":0.0},{"logprob":-0.0},{"logprob":-7.7125e-05},{"logprob":-1}]},"token_ids":[0,1,2,3]}],"created":12345678901234567890}\n\n',
      ...sse(finish()),
    ],
    // JSON.stringify writes -0 as 0: the same number, and its bytes are kept beside it.
    trace: { logprobs: [0, 0, -7.7125e-5, -1], completion_token_ids: [0, 1, 2, 3] },
  },
  {
    name: 'row 17: placeholders a caller asked for agree with the ids beside them',
    kind: 'vllm',
    ask: { ...asking, return_tokens_as_token_ids: true },
    events: sse(
      role(),
      said('a', { token_ids: [12], logprobs: content(entry('token_id:12', -1)) }),
      finish(),
    ),
    trace: { completion_token_ids: [12], choices: [{ flags: [] }] },
  },
  {
    name: 'row 18: a model that writes token_id:12 has sampled text, not an id',
    kind: 'generic',
    ask: { logprobs: true },
    events: sse(
      role(),
      said('token_id:12', { logprobs: content(entry('token_id:12', -1)) }),
      finish(),
    ),
    trace: { completion_token_ids: [], choices: [{ token_ids: null, tokens: ['token_id:12'] }] },
  },
  {
    name: 'row 19: the ids of an older vLLM are read from placeholders that the caller never sees',
    kind: 'vllm-old',
    events: sse(role(), said('a', { logprobs: content(entry('token_id:12', -1)) }), finish()),
    caller: shown(role(), said('a', { logprobs: content() }), finish()),
    trace: {
      completion_token_ids: [12],
      params_sent: {
        logprobs: true,
        return_tokens_as_token_ids: true,
        stream_options: { include_usage: true },
      },
    },
  },
  {
    name: 'row 20: ids that were asked for and never came are missed, and none are made up',
    kind: 'vllm',
    events: sse(role({ prompt_token_ids: null }), said('a', { token_ids: null }), finish()),
    trace: { completion_token_ids: [], choices: [{ token_ids: null, flags: ['no_token_ids'] }] },
  },
  {
    name: 'row 21: a usage that counts more tokens than came is told',
    kind: 'vllm',
    events: sse(role(), one, eos, root({ usage: usage(1, 3) })),
    caller: shown(role(), one, eos),
    trace: {
      checks: {
        ids_match_usage: false,
        prompt_matches_usage: null,
        logprobs_aligned: true,
        extends_last_turn: null,
      },
    },
  },
  {
    name: 'row 62: the ids SGLang sends last are recorded, and their chunk never reaches the caller',
    kind: 'sglang',
    events: sse(
      role(),
      said('a', { logprobs: content(entry('a', -1)) }),
      finish({ matched_stop: 2 }),
      root({ sglext: { input_ids: [7, 8], output_ids: [5] } }),
    ),
    caller: shown(role(), said('a', { logprobs: content() }), finish({ matched_stop: 2 })),
    trace: { prompt_token_ids: [7, 8], completion_token_ids: [5], logprobs: [-1] },
  },
  {
    name: 'row 64: an id beyond 2^31 spoils the ids of its choice, not the reply',
    kind: 'vllm',
    ask: asking,
    events: sse(
      role(),
      said('a', { token_ids: [1] }),
      said('b', { token_ids: [2 ** 31] }),
      finish(),
    ),
    trace: {
      status: 'complete',
      response_message: message('ab'),
      choices: [{ token_ids: null, flags: ['bad_token_id'] }],
    },
  },
]

function message(content: string): { role: string; content: string } {
  return { role: 'assistant', content }
}

testEdgeRows('edge cases of token ids and logprobs, through the gateway', rows)
