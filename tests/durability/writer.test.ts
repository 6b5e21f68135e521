import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Writer } from '../../src/trace/sqlite/writer.ts'

test('a writer that takes over from one that died goes on with the same file', (t) => {
  const options = optionsIn(t)
  const first = new Writer(options)
  first.open()
  const second = new Writer(options)
  t.after(() => [first, second].map((writer) => writer.close()))
  assert.equal(second.commit([{ op: 'flush' }], 0), null)
})

test('a writer whose file was moved away commits nothing into the void', (t) => {
  const options = optionsIn(t)
  const writer = new Writer(options)
  t.after(() => writer.close())
  writer.open()
  renameSync(options.path, `${options.path}.moved`)
  assert.throws(() => writer.commit([{ op: 'flush' }], 0), /deleted or replaced/)
})

function optionsIn(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-writer-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return {
    path: join(dir, 'traces.db'),
    synchronous: 'full' as const,
    maxQueuedBytes: 1_048_576,
    deadlineMs: 100,
    busyTimeoutMs: 100,
  }
}
