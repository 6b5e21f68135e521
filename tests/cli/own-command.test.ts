import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { commandLines, ownCommand } from '../../src/cli/own-command.ts'

const CLONE = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

describe('the command that the screen tells to type', () => {
  test('is the npm script inside of the clone', () => {
    assert.deepEqual(ownCommand(CLONE), ['npm run -s sluice --'])
    assert.deepEqual(ownCommand(join(CLONE, 'docs')), ['npm run -s sluice --'])
  })

  test('names the clone everywhere else, where npm would not find the script', () => {
    for (const cwd of [tmpdir(), join(CLONE, '..'), `${CLONE}-other`]) {
      assert.match(ownCommand(cwd).join(' '), /^npm run -s --prefix \S+ sluice --$/)
      assert.ok(ownCommand(cwd)[0]?.includes(CLONE))
    }
  })
})

describe('a command for a shell', () => {
  const parts = ['one two', '--three four', '--five']

  test('stays on one line where it fits', () => {
    assert.deepEqual(commandLines(parts, 80), ['    one two --three four --five'])
  })

  test('goes on in lines that a shell reads as one, and never breaks a part', () => {
    assert.deepEqual(commandLines(parts, 26), ['    one two --three four \\', '      --five'])
    assert.deepEqual(commandLines(parts, 5), [
      '    one two \\',
      '      --three four \\',
      '      --five',
    ])
  })
})
