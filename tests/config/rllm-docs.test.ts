import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Command } from 'commander'
import { addServeOptions } from '../../src/cli/serve-options.ts'
import { RLLM_KEYS } from '../../src/config/rllm.ts'
import { localLinks } from '../support/readme.ts'

const folder = new URL('../../docs/', import.meta.url)
const text = readFileSync(new URL('rllm.md', folder), 'utf8')
const flags = addServeOptions(new Command('serve')).options.map(({ long }) => long)

test('docs/rllm.md tells of every key that is read', () => {
  assert.deepEqual(
    RLLM_KEYS.filter((key) => !text.includes(`\`${key}\``)),
    [],
  )
})

test('docs/rllm.md names no flag that does not exist', () => {
  const named = text.match(/--[a-z-]+(?=[\s`])/g) ?? []
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter((flag) => !flags.includes(flag)),
    [],
  )
})

test('every file that docs/rllm.md links to exists', () => {
  const links = localLinks(text)
  assert.ok(links.length > 0)
  assert.deepEqual(
    links.filter((link) => !existsSync(new URL(link, folder))),
    [],
  )
})
