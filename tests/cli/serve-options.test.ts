import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Command } from 'commander'
import { addServeOptions, flagsOf, type ServeOptions } from '../../src/cli/serve-options.ts'
import type { Flags } from '../../src/config/index.ts'

function read(...args: readonly string[]): Flags {
  const command = addServeOptions(new Command('serve').exitOverride())
  command.parse([...args], { from: 'user' })
  return flagsOf(command.opts<ServeOptions>())
}

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
