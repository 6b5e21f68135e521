import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Command } from 'commander'
import {
  addServeOptions,
  flagsOf,
  warningsOfFlags,
  type ServeOptions,
} from '../../src/cli/serve-options.ts'
import type { Flags } from '../../src/config/index.ts'

function optionsOf(...args: readonly string[]): ServeOptions {
  const command = addServeOptions(new Command('serve').exitOverride())
  command.parse([...args], { from: 'user' })
  return command.opts<ServeOptions>()
}

const read = (...args: readonly string[]): Flags => flagsOf(optionsOf(...args))

describe('each flag sets what it says and nothing else', () => {
  const cases: readonly (readonly [args: readonly string[], flags: Flags])[] = [
    [[], {}],
    [['--host', '::'], { host: '::' }],
    [['--port', '0'], { port: 0 }],
    [['--worker', 'http://a', '--worker', 'http://b'], { workers: ['http://a', 'http://b'] }],
    [['--model', 'Qwen/Qwen3-8B'], { model: 'Qwen/Qwen3-8B' }],
    [['--store', 'memory'], { store: 'memory' }],
    [['--db-path', 'x.db'], { db_path: 'x.db' }],
    [['--state-dir', '/tmp/s'], { state_dir: '/tmp/s' }],
    [['--project', 'p'], { project: 'p' }],
    [['--admin-token', 't'], { admin_token: 't' }],
    [['--admin-token', ''], { admin_token: '' }],
    [['--add-logprobs'], { add_logprobs: true }],
    [['--add-return-token-ids'], { add_return_token_ids: true }],
    [['--log-level', 'INFO'], { log_level: 'INFO' }],
    // What it asks for is always done.
    [['--sync-tracer'], {}],
    [['--config', 'x', '--quiet', '--json'], {}],
    [['-c', 'x', '--num_workers', '8'], {}],
    [['--debug'], { log_level: 'debug' }],
    [['--detailed_debug'], { log_level: 'trace' }],
    [['--detailed-debug', '--log-level', 'info'], { log_level: 'info' }],
    [
      ['--model', 'openai/m', '--api_base', 'http://a'],
      { model: 'openai/m', api_base: 'http://a' },
    ],
    [['--api-base', 'http://a'], { api_base: 'http://a' }],
  ]
  for (const [args, flags] of cases) {
    test(args.join(' ') || 'none', () => assert.deepEqual(read(...args), flags))
  }
})

describe('what is not there yet is refused, never left out in silence', () => {
  for (const args of [
    ['--cumulative-token-mode'],
    ['--renderer-family', 'qwen3'],
    ['--renderer-family', 'auto'],
    ['--cumulative-token-mode', '--renderer-family', 'auto'],
  ]) {
    test(args.join(' '), () => {
      assert.throws(
        () => read(...args),
        new RegExp(
          `${args[0]} asks for cumulative token mode, which is not there yet; start without`,
        ),
      )
    })
  }
})

test('a port that is none is told by the name of the flag', () => {
  assert.throws(() => read('--port', '70000'), /--port must be a port from 0 to 65535/)
})

test('more workers than one are told to be one, in both spellings', () => {
  const told = (...args: readonly string[]): readonly string[] =>
    warningsOfFlags(optionsOf(...args))
  assert.match(
    told('--num_workers', '8').join('\n'),
    /^--num-workers 8 changes nothing: one process/,
  )
  assert.match(told('--num-workers', '2').join('\n'), /^--num-workers 2 changes nothing/)
  assert.deepEqual([told('--num-workers', '1'), told()], [[], []])
  for (const count of ['0', 'x', '-1', '1.5', '']) {
    assert.throws(() => told('--num-workers', count), /--num-workers must be a number from 1 on/)
  }
})

test('where calls go is said once', () => {
  assert.throws(
    () => read('--worker', 'http://a', '--api-base', 'http://b'),
    /--api-base and --worker both say where calls go; keep one/,
  )
})
