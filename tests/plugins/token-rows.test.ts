import type { Json, Trace } from 'sluice/plugin'
import { extraction } from '../support/observe.ts'
import { chat, completion, content, entry, root, usage } from '../support/replies.ts'
import { testRows, type Row } from '../support/rows.ts'

const choice = (trace: Trace) => trace.choices[0]
const pair = (trace: Trace) => [choice(trace)?.token_ids, choice(trace)?.logprobs]
const flagged = (trace: Trace) => [...pair(trace), choice(trace)?.flags]
const role = (more: object) => chat({ delta: { role: 'assistant', content: '' } }, { ...more })
const tokens = (ids: Json, ...entries: readonly Json[]) =>
  chat({ token_ids: ids, logprobs: content(...entries) })
const asIds = { received: { return_tokens_as_token_ids: true } }

const rows: readonly Row[] = [
  {
    name: 'row 1: the role chunk brings the prompt and no token',
    chunks: [role({ prompt_token_ids: [1, 15043] }), tokens([2], entry('a', -1))],
    see: (trace) => [trace.prompt_token_ids, choice(trace)?.token_ids],
    want: [[1, 15043], [2]],
  },
  {
    name: 'row 2: a null prompt is not delivered yet',
    chunks: [role({ prompt_token_ids: null }), role({ prompt_token_ids: [1, 2] })],
    see: (trace) => trace.prompt_token_ids,
    want: [1, 2],
  },
  {
    name: 'row 3: repeated prompts are kept once',
    chunks: [0, 1, 2].map((index) => chat({ index }, { prompt_token_ids: [1, 2] })),
    see: (trace) => [
      trace.prompt_token_ids,
      trace.choices.map((c) => c.prompt_token_ids),
      trace.warnings,
    ],
    want: [[1, 2], [null, null, null], []],
  },
  {
    name: 'row 3: repeated prompts that differ are told',
    chunks: [role({ prompt_token_ids: [1, 2] }), role({ prompt_token_ids: [1, 3] })],
    see: (trace) => [trace.prompt_token_ids, trace.warnings],
    want: [[1, 2], ['prompt_ids_differ']],
  },
  {
    name: 'row 4: the tokens of interleaved choices do not mix',
    chunks: [
      chat({ index: 1, token_ids: [10], logprobs: content(entry('x', -1)) }),
      chat({ index: 0, token_ids: [20], logprobs: content(entry('y', -2)) }),
      chat({ index: 1, token_ids: [11], logprobs: content(entry('z', -3)) }),
    ],
    see: (trace) => trace.choices.map((c) => [c.index, c.token_ids, c.logprobs]),
    want: [
      [0, [20], [-2]],
      [1, [10, 11], [-1, -3]],
    ],
  },
  {
    name: 'row 5: a completions prompt is an array once and null after',
    call: { dialect: 'completions' },
    chunks: [
      completion({ prompt_token_ids: [7, 8], token_ids: [1] }),
      completion({ prompt_token_ids: null, token_ids: [2] }),
    ],
    see: (trace) => [
      trace.prompt_token_ids,
      choice(trace)?.prompt_token_ids,
      choice(trace)?.token_ids,
    ],
    want: [[7, 8], null, [1, 2]],
  },
  {
    name: 'row 6: with several prompts each choice has its own',
    call: { dialect: 'completions', received: { n: 2 } },
    chunks: [
      ...[0, 1, 2, 3].map((index) =>
        completion({ index, prompt_token_ids: index < 2 ? [1] : [2, 3], token_ids: [9] }),
      ),
      root({ usage: usage(3, 4) }),
    ],
    see: (trace) => [
      trace.prompt_token_ids,
      trace.choices.map((c) => [c.prompt_token_ids, c.flags]),
      trace.checks.prompt_matches_usage,
    ],
    want: [
      [1],
      [
        [null, []],
        [null, []],
        [[2, 3], []],
        [[2, 3], []],
      ],
      true,
    ],
  },
  {
    name: "row 7: the finish chunk's EOS id and logprob belong to the completion",
    chunks: [
      tokens([6324], entry('Hi', -0.25)),
      chat({
        finish_reason: 'stop',
        token_ids: [151645],
        logprobs: content(entry('<|im_end|>', -0.5)),
      }),
    ],
    see: pair,
    want: [
      [6324, 151645],
      [-0.25, -0.5],
    ],
  },
  {
    name: 'row 8: a finish chunk may bring several ids',
    chunks: [
      chat({
        finish_reason: 'stop',
        token_ids: [1, 2, 3],
        logprobs: content(entry('a', -1), entry('b', -2), entry('c', -3)),
      }),
    ],
    see: pair,
    want: [
      [1, 2, 3],
      [-1, -2, -3],
    ],
  },
  {
    name: 'row 9: tokens of a chunk without text count',
    chunks: [tokens([5], entry('<tool_call>', -0.1))],
    see: pair,
    want: [[5], [-0.1]],
  },
  {
    name: 'row 10: tokens of a chunk with an empty text count',
    chunks: [chat({ delta: { content: '' }, token_ids: [5], logprobs: content(entry('', -0.1)) })],
    see: pair,
    want: [[5], [-0.1]],
  },
  {
    name: 'row 11: text without ids adds no id',
    chunks: [tokens([5], entry('a', -1)), chat({ delta: { content: 'b' }, token_ids: [] })],
    see: flagged,
    want: [[5], [-1], []],
  },
  {
    name: 'row 12: a chunk may bring five tokens',
    chunks: [tokens([1, 2, 3, 4, 5], ...[1, 2, 3, 4, 5].map((i) => entry('t', -i)))],
    see: flagged,
    want: [[1, 2, 3, 4, 5], [-1, -2, -3, -4, -5], []],
  },
  {
    name: 'row 13: unequal lengths are kept as they are and flagged',
    chunks: [tokens([1, 2], entry('a', -1))],
    see: (trace) => [...flagged(trace), trace.checks.logprobs_aligned],
    want: [[1, 2], [-1], ['length_mismatch'], false],
  },
  {
    name: 'row 13: lengths that only even out over the reply are flagged too',
    chunks: [tokens([1, 2], entry('a', -1)), tokens([3], entry('b', -2), entry('c', -3))],
    see: (trace) => [...flagged(trace), trace.checks.logprobs_aligned],
    want: [[1, 2, 3], [-1, -2, -3], ['length_mismatch'], false],
  },
  {
    name: 'row 14: an entry without a logprob keeps its place',
    chunks: [tokens([1, 2, 3], entry('a', -1), { token: 'b', bytes: [98] }, entry('c', -3))],
    see: flagged,
    want: [[1, 2, 3], [-1, null, -3], ['missing_logprob']],
  },
  {
    name: 'row 15: -9999 is a number and worth a flag',
    chunks: [tokens([1], entry('a', -9999.0))],
    see: flagged,
    want: [[1], [-9999], ['clamped_logprob']],
  },
  {
    name: 'row 16: 0, -0, whole and exponent numbers are logprobs',
    chunks: [
      JSON.parse(
        '{"choices":[{"index":0,"token_ids":[0,1,2,3],"logprobs":{"content":[{"logprob":0.0},{"logprob":-0.0},{"logprob":-7.15e-07},{"logprob":-1}]}}]}',
      ),
    ],
    see: flagged,
    want: [[0, 1, 2, 3], [0, -0, -7.15e-7, -1], []],
  },
  {
    name: 'row 17: a placeholder that contradicts its id is flagged',
    call: asIds,
    chunks: [tokens([1234, 7], entry('token_id:1234', -1), entry('token_id:8', -2))],
    see: flagged,
    want: [[1234, 7], [-1, -2], ['ids_differ']],
  },
  {
    name: 'row 18: text that looks like a placeholder is text unless placeholders were asked for',
    chunks: [chat({ logprobs: content(entry('token_id:12', -1)) })],
    see: (trace) => [choice(trace)?.token_ids, choice(trace)?.tokens],
    want: [null, ['token_id:12']],
  },
  {
    name: 'row 18: a caller who asked but was overruled gets no ids made of text',
    call: asIds,
    trace: { params_sent: { return_tokens_as_token_ids: null } },
    chunks: [chat({ logprobs: content(entry('token_id:12', -1)) })],
    see: (trace) => choice(trace)?.token_ids,
    want: null,
  },
  {
    name: 'row 19: ids are read from placeholders when there is nothing better',
    trace: { params_sent: { return_tokens_as_token_ids: true } },
    chunks: [
      chat({ logprobs: content(entry('token_id:12', -1)) }),
      chat({ logprobs: content(entry('token_id:2', -2)) }),
    ],
    see: flagged,
    want: [[12, 2], [-1, -2], []],
  },
  {
    name: 'row 20: ids that were asked for and never came are missed',
    trace: { params_sent: { return_token_ids: true } },
    chunks: [chat({ token_ids: null, logprobs: content(entry('a', -1)) })],
    see: flagged,
    want: [null, [-1], ['no_token_ids']],
  },
  {
    name: 'row 21: a usage that counts other ids is told',
    chunks: [tokens([1, 2], entry('a', -1), entry('b', -2)), root({ usage: usage(0, 3) })],
    see: (trace) => trace.checks.ids_match_usage,
    want: false,
  },
  {
    name: 'row 22: a usage that counts another prompt is told',
    chunks: [role({ prompt_token_ids: [1, 2] }), root({ usage: usage(3, 0) })],
    see: (trace) => trace.checks.prompt_matches_usage,
    want: false,
  },
  {
    name: 'row 24: the prompt may come after a first chunk without choices',
    chunks: [root({ id: '', model: '' }), role({ prompt_token_ids: [4] })],
    see: (trace) => trace.prompt_token_ids,
    want: [4],
  },
]

testRows(rows, () => extraction())
