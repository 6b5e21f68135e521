import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { GatewayError } from 'sluice/plugin'
import { openMemory, openSqliteAt, temporaryPath } from './harness.ts'
import { traceOf } from './samples.ts'

const isUnavailable = ({ code }: GatewayError): boolean => code === 'capture_unavailable'

test('a probe of a store that is well is a commit of its own and leaves nothing behind', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  await store.save(traceOf())
  const { commits } = store.activity()
  await store.probe()
  assert.equal(store.activity().commits, commits + 1)
  const { traces, sessions } = await store.stats()
  assert.deepEqual([traces, sessions, store.activity().queued], [1, 1, 0])
  await (await openMemory(t)).probe()
})

test('a probe writes: it fails where the file is locked, and no more when it is not', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path, { busyTimeoutMs: 20, deadlineMs: 100 })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.probe(), isUnavailable)
  other.exec('ROLLBACK')
  other.close()
  await store.probe()
})

test('a probe fails where the file was deleted', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  rmSync(path)
  await assert.rejects(store.probe(), isUnavailable)
})
