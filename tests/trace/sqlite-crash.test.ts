import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openSqliteAt, temporaryPath } from './harness.ts'
import { traceOf } from './samples.ts'

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url))

test('a killed process leaves its saved calls, and those under way as interrupted', async (t) => {
  const path = temporaryPath(t)
  const said = await runChild(path, null)
  assert.equal(said, 'ended 0\nbegun\n')
  const store = await openSqliteAt(t, path)
  assert.equal((await store.stats()).interrupted, 1)
  const left = await store.getTrace('under way')
  assert.deepEqual([left?.status, left?.reason, left?.seq], ['interrupted', 'process_died', 2])
  assert.deepEqual(left?.messages, [{ role: 'user', content: 'hello' }])
  assert.equal((await store.getTrace('ended 0'))?.status, 'complete')
  await store.save(traceOf())
  assert.equal((await store.listTraces({ session_id: 'session' })).items.length, 3)
})

test('killed before a commit nothing is there, and nothing was promised', async (t) => {
  const path = temporaryPath(t)
  assert.equal(await runChild(path, 'before_commit'), '')
  const store = await openSqliteAt(t, path)
  assert.deepEqual((await store.listSummaries({ pending: true })).items, [])
  assert.deepEqual(await store.books.spendRows({}), [])
})

test('killed after a commit it is there, though nobody was told', async (t) => {
  const path = temporaryPath(t)
  assert.equal(await runChild(path, 'after_commit'), '')
  const store = await openSqliteAt(t, path)
  const { items } = await store.listSummaries({})
  assert.deepEqual(
    items.map(({ trace_id, status }) => [trace_id, status]),
    [['ended 0', 'interrupted']],
  )
})

test('a trace and what it cost are committed together, or neither is', async (t) => {
  for (const [failpoint, left] of [
    ['before_commit', []],
    ['after_commit', ['ended 0']],
  ] as const) {
    const path = temporaryPath(t)
    // The first commit is the intent's.
    await runChild(path, failpoint, 1)
    const store = await openSqliteAt(t, path)
    const { items } = await store.listSummaries({ status: 'complete' })
    assert.deepEqual(
      items.map(({ trace_id }) => trace_id),
      left,
    )
    assert.deepEqual(
      (await store.books.spendRows({})).map(({ request_id }) => request_id),
      left,
    )
  }
})

test('killed while the log is copied, the file is whole', async (t) => {
  const path = temporaryPath(t)
  const told = (await runChild(path, 'mid_checkpoint')).trim().split('\n')
  assert.ok(told.length > 5, `${told.length} calls`)
  const store = await openSqliteAt(t, path)
  for (const id of told) assert.equal((await store.getTrace(id))?.status, 'complete', id)
  await store.close()
  const db = new DatabaseSync(path)
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  db.close()
})

/** Runs the child until it was killed, by its failpoint or by us; resolves to what it wrote. */
async function runChild(path: string, failpoint: string | null, skips = 0): Promise<string> {
  const arguments_ = [
    '--conditions=sluice-source',
    CHILD,
    path,
    ...(failpoint ? [failpoint, String(skips)] : []),
  ]
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (failpoint === null && said.includes('begun')) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL')
  return said
}
