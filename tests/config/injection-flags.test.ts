import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config, Flags } from '../../src/config/index.ts'
import { fault, loaded } from './written.ts'

const LOGPROBS: Flags = { add_logprobs: true }
const TOKEN_IDS: Flags = { add_return_token_ids: true }

function injection({ plugins }: Config): unknown {
  return Array.isArray(plugins) ? (plugins as readonly unknown[])[0] : plugins
}

const withConfig = (config: string): string =>
  `plugins: [{use: parameter-injection, config: ${config}}]`

describe('--add-logprobs and --add-return-token-ids', () => {
  const cases: readonly (readonly [text: string, flags: Flags, entry: unknown])[] = [
    ['plugins: [parameter-injection]', LOGPROBS, { logprobs: 'on' }],
    [withConfig('{logprobs: off}'), LOGPROBS, { logprobs: 'on' }],
    [withConfig('{logprobs: required}'), LOGPROBS, { logprobs: 'required' }],
    [withConfig('{logprobs: auto, usage: off}'), LOGPROBS, { logprobs: 'on', usage: 'off' }],
    [withConfig('{tokenIds: off}'), TOKEN_IDS, { tokenIds: 'auto' }],
    [withConfig('{tokenIds: off}'), LOGPROBS, { tokenIds: 'off', logprobs: 'on' }],
    [
      'add_logprobs: false\nplugins: [parameter-injection]',
      LOGPROBS,
      { logprobs: 'on', strip: 'vllm' },
    ],
  ]
  for (const [text, flags, config] of cases) {
    test(`${Object.keys(flags).join()} over ${text.replaceAll('\n', ', ')}`, (t) => {
      assert.deepEqual(injection(loaded(t, text, { flags })), {
        use: 'parameter-injection',
        config,
      })
    })
  }

  test('leave an entry alone that does what is asked anyway', (t) => {
    const config = loaded(t, 'plugins: [parameter-injection]', { flags: TOKEN_IDS })
    assert.equal(injection(config), 'parameter-injection')
  })

  test('work without a file', (t) => {
    const { plugins } = loaded(t, '', { flags: LOGPROBS })
    assert.deepEqual(plugins, [
      'tracing',
      { use: 'parameter-injection', config: { logprobs: 'on' } },
      'logprob-extraction',
      'stream-accumulator',
    ])
  })

  test('are refused where the plugin that would obey is not loaded by the list', (t) => {
    const flags = LOGPROBS
    assert.match(fault(t, 'plugins: [tracing]', { flags }), /--add-logprobs needs the plugin param/)
    assert.match(fault(t, 'plugins: auto', { flags }), /--add-logprobs needs the plugin parameter-/)
    assert.deepEqual(loaded(t, 'plugins: [tracing]', { flags: TOKEN_IDS }).plugins, ['tracing'])
  })
})
