import type { Trace } from 'sluice/plugin'
import { extraction } from '../support/observe.ts'
import { chat, completion, content, entry, root } from '../support/replies.ts'
import { testRows, type Row } from '../support/rows.ts'

const choice = (trace: Trace) => trace.choices[0]
const flagged = (trace: Trace) => [
  choice(trace)?.token_ids,
  choice(trace)?.logprobs,
  choice(trace)?.flags,
]
const echoing = { dialect: 'completions', received: { echo: true } } as const
const echoed = {
  tokens: ['The', ' cat', ' sat', '</s>'],
  token_logprobs: [null, -3, -0.5, -0.25],
  top_logprobs: [null, { ' cat': -3 }, { ' sat': -0.5 }, { '</s>': -0.25 }],
  text_offset: [0, 3, 7, 11],
}
const top = [
  { token: 'b', logprob: -2, bytes: [98] },
  { token: 'a', logprob: -0.2, bytes: [97] },
]

const rows: readonly Row[] = [
  {
    name: 'row 28: tokens after a first finish still count',
    chunks: [
      chat({ finish_reason: 'stop', token_ids: [1], logprobs: content(entry('a', -1)) }),
      chat({ finish_reason: 'stop', token_ids: [2], logprobs: content(entry('b', -2)) }),
    ],
    see: flagged,
    want: [[1, 2], [-1, -2], []],
  },
  {
    name: 'row 30: behind a finish of tool_calls the last id still tells whether EOS was sampled',
    chunks: [chat({ token_ids: [5] }), chat({ finish_reason: 'tool_calls', token_ids: [151645] })],
    see: (trace) => choice(trace)?.token_ids,
    want: [5, 151645],
  },
  {
    name: 'row 31: a completion that ran out of length gets no stop token',
    chunks: [chat({ token_ids: [5] }), chat({ finish_reason: 'length', token_ids: [6] })],
    see: (trace) => choice(trace)?.token_ids,
    want: [5, 6],
  },
  {
    name: 'row 33: tokens before an error in the stream are kept',
    chunks: [
      chat({ token_ids: [1], logprobs: content(entry('a', -1)) }),
      { error: { message: 'died' } },
    ],
    see: flagged,
    want: [[1], [-1], []],
  },
  {
    name: 'row 40: an emoji cut between two tokens leaves the ids alone',
    chunks: [
      chat({ delta: { content: '' }, token_ids: [10], logprobs: content(entry('\uFFFD', -1)) }),
      chat({ delta: { content: '🙂' }, token_ids: [11], logprobs: content(entry('🙂', -2)) }),
    ],
    see: (trace) => [choice(trace)?.token_ids, choice(trace)?.bytes],
    want: [
      [10, 11],
      [
        [239, 191, 189],
        [240, 159, 153, 130],
      ],
    ],
  },
  {
    name: 'row 51: ids of tool calls that were filtered out stay',
    chunks: [chat({ delta: {}, token_ids: [1, 2, 3], finish_reason: 'tool_calls' })],
    see: (trace) => choice(trace)?.token_ids,
    want: [1, 2, 3],
  },
  {
    name: 'row 54: the logprobs of a refusal are kept apart',
    chunks: [
      chat({ logprobs: { content: null, refusal: [] } }),
      chat({ logprobs: { content: null, refusal: [entry("I'm", -1)] } }),
      chat({ logprobs: { content: null, refusal: [entry(' sorry', -3.4e-6)] } }),
    ],
    see: (trace) => [choice(trace)?.logprobs, choice(trace)?.extra['refusal_logprobs']],
    want: [null, [entry("I'm", -1), entry(' sorry', -3.4e-6)]],
  },
  {
    name: 'row 55: empty, null and absent logprobs all mean none in this chunk',
    chunks: [
      chat({ logprobs: { content: [], refusal: null } }),
      chat({ logprobs: null }),
      root({ choices: [{ index: 0, delta: {} }] }),
      chat({ logprobs: content(entry('a', -1)) }),
    ],
    see: flagged,
    want: [null, [-1], []],
  },
  {
    name: "row 56: alternatives keep the server's order",
    chunks: [chat({ logprobs: content(entry('b', -2, { top_logprobs: top })) })],
    see: (trace) => choice(trace)?.top_logprobs,
    want: [top],
  },
  {
    name: 'row 57: a map of alternatives may have lost one',
    call: { dialect: 'completions' },
    chunks: [
      completion({
        logprobs: {
          tokens: [' sat', '.'],
          token_logprobs: [-0.5, -1],
          top_logprobs: [{ ' sat': -0.5, ' ran': -1 }, { '.': -1 }],
        },
      }),
    ],
    see: (trace) => [choice(trace)?.top_logprobs, choice(trace)?.flags],
    want: [
      [
        [
          { token: ' sat', logprob: -0.5, bytes: null },
          { token: ' ran', logprob: -1, bytes: null },
        ],
        [{ token: '.', logprob: -1, bytes: null }],
      ],
      [],
    ],
  },
  {
    name: 'row 58: under echo the logprobs of the prompt are told from those of the completion',
    call: echoing,
    chunks: [completion({ prompt_token_ids: [1, 2], token_ids: [3, 4], logprobs: echoed })],
    see: (trace) => [...flagged(trace), choice(trace)?.tokens, choice(trace)?.extra],
    want: [[3, 4], [-0.5, -0.25], [], [' sat', '</s>'], { echoed_logprobs: [null, -3] }],
  },
  {
    name: 'row 58: under echo the prompt ids alone tell where the completion begins',
    call: echoing,
    chunks: [completion({ prompt_token_ids: [1, 2], logprobs: echoed })],
    see: flagged,
    want: [null, [-0.5, -0.25], []],
  },
  {
    name: 'row 58: under echo nothing is cut when the numbers do not add up',
    call: echoing,
    chunks: [completion({ prompt_token_ids: [1, 2, 9], token_ids: [3, 4], logprobs: echoed })],
    see: flagged,
    want: [
      [3, 4],
      [null, -3, -0.5, -0.25],
      ['length_mismatch', 'missing_logprob'],
    ],
  },
  {
    name: 'row 58: under echo without any ids nothing is cut, and the choice says so',
    call: echoing,
    chunks: [completion({ logprobs: echoed })],
    see: flagged,
    want: [null, [null, -3, -0.5, -0.25], ['echo_not_cut', 'missing_logprob']],
  },
  {
    name: "row 60: the caller's own alternatives do not change the sampled value",
    chunks: [chat({ token_ids: [1], logprobs: content(entry('b', -2, { top_logprobs: top })) })],
    see: flagged,
    want: [[1], [-2], []],
  },
  {
    name: 'row 62: SGLang brings its ids once, in a last chunk without choices',
    chunks: [
      chat({ delta: { content: 'a' }, logprobs: content(entry('a', -1), entry('b', -2)) }),
      root({ sglext: { input_ids: [7, 8], output_ids: [1, 2] } }),
    ],
    see: (trace) => [trace.prompt_token_ids, ...flagged(trace), trace.checks.logprobs_aligned],
    want: [[7, 8], [1, 2], [-1, -2], [], true],
  },
  {
    name: 'row 62: SGLang brings one list of ids for each of several choices',
    chunks: [
      chat({}),
      chat({ index: 1 }),
      root({ sglext: { input_ids: [7], output_ids: [[1], [2, 3]] } }),
    ],
    see: (trace) => trace.choices.map((c) => c.token_ids),
    want: [[1], [2, 3]],
  },
  {
    name: 'row 63: a probability becomes a logprob and is flagged as one after sampling',
    chunks: [
      chat({
        logprobs: content({
          id: 5,
          token: 'a',
          prob: 0.5,
          bytes: [97],
          top_probs: [{ id: 5, token: 'a', prob: 0.5, bytes: [97] }],
        }),
      }),
    ],
    see: (trace) => [...flagged(trace), choice(trace)?.top_logprobs],
    want: [
      [5],
      [Math.log(0.5)],
      ['post_sampling_probs'],
      [[{ token: 'a', logprob: Math.log(0.5), bytes: [97], id: 5 }]],
    ],
  },
  ...[2 ** 31, -1, 1.5, '7', null].map((id) => ({
    name: `row 64: ${JSON.stringify(id)} is not a token id, so the choice has none`,
    chunks: [chat({ token_ids: [1] }), chat({ token_ids: [2, id] }), chat({ token_ids: [3] })],
    see: flagged,
    want: [null, null, ['bad_token_id']],
  })),
  {
    name: 'row 64: the largest token id is 2^31 - 1 and the smallest is 0',
    chunks: [chat({ token_ids: [0, 2 ** 31 - 1] })],
    see: flagged,
    want: [[0, 2 ** 31 - 1], null, []],
  },
  {
    name: 'row 64: a prompt with something else than ids is not recorded as one',
    chunks: [chat({}, { prompt_token_ids: [1, -2] })],
    see: (trace) => [trace.prompt_token_ids, trace.warnings],
    want: [[], ['bad_prompt_token_id']],
  },
  {
    name: 'row 70: ids that go on after a stop string are kept',
    chunks: [
      chat({
        delta: { content: 'a' },
        token_ids: [1, 2, 3],
        finish_reason: 'stop',
        stop_reason: 'b',
      }),
    ],
    see: (trace) => choice(trace)?.token_ids,
    want: [1, 2, 3],
  },
  {
    name: 'row 72: weights that changed during the reply are recorded first and last',
    chunks: [
      chat({}, { weight_version: 3 }),
      chat({}, { weight_version: 3 }),
      chat({}, { weight_version: 4 }),
    ],
    trace: { weight_version: 1, weight_version_end: 1 },
    see: (trace) => [trace.weight_version, trace.weight_version_end],
    want: [3, 4],
  },
]

testRows(rows, () => extraction())
