import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openSqliteAt, temporaryPath } from './harness.ts'

const CHILD = fileURLToPath(new URL('./sync-child.ts', import.meta.url))
const SYNCS = 'fsync,fdatasync'

test('full syncs the log in every commit', (t) => {
  const run = trace(t, temporaryPath(t), 'full', [])
  if (run) assert.ok(run.syncs >= 10, `${run.syncs} syncs in 10 commits`)
})

test('normal syncs nothing in a commit', (t) => {
  const run = trace(t, temporaryPath(t), 'normal', [])
  if (run) assert.equal(run.syncs, 0)
})

test('a commit whose sync failed is refused, and later ones are committed anew', async (t) => {
  const path = temporaryPath(t)
  const run = trace(t, path, 'full', ['-e', `inject=${SYNCS}:error=EIO:when=12`])
  if (!run) return
  assert.equal(run.said.match(/^refused/gm)?.length, 1, run.said)
  const saved = [...run.said.matchAll(/^saved (.*)$/gm)].map(([, id = '']) => id)
  assert.equal(saved.length, 9)
  const store = await openSqliteAt(t, path)
  for (const id of saved) assert.equal((await store.getTrace(id))?.status, 'complete', id)
})

/** Traces the child while it makes ten commits; null, with the test skipped, without strace. */
function trace(
  t: TestContext,
  path: string,
  synchronous: string,
  faults: readonly string[],
): { syncs: number; said: string } | null {
  const log = `${path}.strace`
  const tracer = ['-f', '-o', log, '-e', `trace=${SYNCS},write`, ...faults]
  const child = [process.execPath, '--conditions=sluice-source', CHILD, path, synchronous, '10']
  const run = spawnSync('strace', [...tracer, ...child], { encoding: 'utf8' })
  if (run.error || /ptrace/i.test(run.stderr)) {
    t.skip('counting system calls needs strace and the right to trace')
    return null
  }
  assert.equal(run.status, 0, run.stderr)
  const [, during = ''] = /commits begin([^]*)commits end/.exec(readFileSync(log, 'utf8')) ?? []
  return { syncs: during.match(/\b(?:fsync|fdatasync)\(/g)?.length ?? 0, said: run.stdout }
}
