import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { GatewayError } from 'sluice/plugin'
import { openSqliteAt, temporaryDirectory, temporaryPath, whenDone } from './harness.ts'
import { traceOf, wireOf } from './samples.ts'

test('a full disk refuses calls, still answers questions, and takes calls again when there is room', async (t) => {
  const directory = smallDisk(t, '6m')
  if (!directory) return
  const store = await openSqliteAt(t, join(directory, 'traces.db'))
  const kept = traceOf()
  await store.save(kept)
  const ballast = join(directory, 'ballast')
  fill(ballast)
  await assert.rejects(store.save(largeTrace()), (error: GatewayError) => {
    assert.equal(error.code, 'capture_unavailable')
    return /full|disk/i.test(String(error.cause))
  })
  await assert.rejects(store.probe(), 'who asks whether it can commit hears that it cannot')
  assert.equal((await store.getTrace(kept.trace_id))?.status, 'complete')
  rmSync(ballast)
  await store.probe()
  const late = largeTrace()
  await store.save(late)
  assert.equal((await store.getTrace(late.trace_id))?.seq, 2)
})

test('a file that was deleted or replaced is noticed, and nothing is written into the void', async (t) => {
  for (const damage of [(path: string) => rmSync(path), (path: string) => replace(path)]) {
    const path = temporaryPath(t)
    const store = await openSqliteAt(t, path)
    await store.save(traceOf())
    damage(path)
    for (let again = 0; again < 2; again++) {
      await assert.rejects(store.save(traceOf()), (error: GatewayError) => {
        assert.equal(error.code, 'capture_unavailable')
        return /deleted or replaced/.test(String(error.cause))
      })
    }
  }
})

function replace(path: string): void {
  renameSync(path, `${path}.away`)
  writeFileSync(path, '')
}

function largeTrace(): ReturnType<typeof traceOf> {
  return traceOf({ wire: wireOf({ response: randomBytes(200_000) }) })
}

function fill(path: string): void {
  const block = Buffer.alloc(64 * 1024)
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' })
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  }
}

/** A file system of this size, or null with the test marked as skipped. */
function smallDisk(t: TestContext, size: string): string | null {
  const directory = temporaryDirectory(t)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory])
  if (mounted.status !== 0) {
    t.skip('a full disk needs a small tmpfs, which needs root and the right to mount')
    return null
  }
  whenDone(t, () => void spawnSync('umount', [directory]))
  return directory
}
