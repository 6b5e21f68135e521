import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startAdmin } from '../admin/setup.ts'
import { aTrace } from '../admin/a-trace.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

function sluice(...args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const child = execFile(
    process.execPath,
    ['--conditions=sluice-source', main, ...args],
    (_error, out, err) => resolve({ out, err, code: child.exitCode }),
  )
  return promise
}

suite('sluice as a process', { skip: !existsSync(main) && 'there is no main.ts' }, () => {
  test('reads traces and ends with 0', async () => {
    await using admin = await startAdmin()
    await admin.store.save(aTrace('t1'))
    const { out, err, code } = await sluice('traces', 'ls', '--url', admin.url)
    assert.deepEqual([err, code], ['', 0])
    assert.match(out, /^SESSION .+\ns1 .+ t1\n$/)
  })

  test('ends with 1 and one line when it cannot', async () => {
    const { out, err, code } = await sluice('slug', 'decode', 'rllm1:!')
    assert.deepEqual([out, code], ['', 1])
    assert.match(err, /^sluice: base64: .+\n$/)
  })
})
