import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteStore } from '../../src/trace/index.ts'
import { APPLICATION_ID, assertSqliteVersion } from '../../src/trace/sqlite/schema.ts'
import { openSqliteAt, optionsFor, temporaryDirectory, temporaryPath } from './harness.ts'
import { intentOf, traceOf } from './samples.ts'

test('the file and its directory belong to their user alone', async (t) => {
  const directory = join(temporaryDirectory(t), 'new', 'deep')
  const path = join(directory, 'traces.db')
  await openSqliteAt(t, path)
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  for (const file of [path, `${path}-wal`, `${path}.lock`]) {
    assert.equal(statSync(file).mode & 0o777, 0o600, file)
  }
})

test('closing leaves one file, without a log and without a lock', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  const trace = traceOf()
  await store.save(trace)
  await store.close()
  await store.close()
  assert.deepEqual([`${path}-wal`, `${path}-shm`, `${path}.lock`].filter(existsSync), [])
  await assert.rejects(store.save(trace), { code: 'shutting_down' })
  const again = await openSqliteAt(t, path)
  assert.equal((await again.getTrace(trace.trace_id))?.trace_id, trace.trace_id)
})

test('a second gateway on the same file is refused and told who has it', async (t) => {
  const path = temporaryPath(t)
  await openSqliteAt(t, path)
  await assert.rejects(openSqliteStore(optionsFor(path)), {
    code: 'store_unusable',
    message: new RegExp(`${path}: another gateway has it open \\(process ${process.pid}\\)`),
  })
})

test('the lock of a dead process, or of another one that has its number now, is taken over', async (t) => {
  for (const owner of [
    '{"pid":4194303,"started":"1"}',
    `{"pid":${process.pid},"started":"1"}`,
    '',
  ]) {
    const path = temporaryPath(t)
    writeFileSync(`${path}.lock`, owner)
    const store = await openSqliteStore(optionsFor(path))
    assert.match(readFileSync(`${path}.lock`, 'utf8'), new RegExp(`"pid":${process.pid}`))
    await store.close()
  }
})

test('a database of another program is refused and left as it is', async (t) => {
  const path = temporaryPath(t)
  const db = new DatabaseSync(path)
  db.exec('PRAGMA application_id = 77; CREATE TABLE theirs (a)')
  db.close()
  const before = readFileSync(path)
  const refused = { code: 'store_unusable', message: /it is a database of another program$/ }
  await assert.rejects(openSqliteStore(optionsFor(path)), refused)
  assert.deepEqual(readFileSync(path), before)
  assert.equal(existsSync(`${path}.lock`), false)
})

test('a file of a newer gateway is refused', async (t) => {
  const path = temporaryPath(t)
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 99`)
  db.close()
  await assert.rejects(openSqliteStore(optionsFor(path)), {
    message: /schema 99; this gateway knows/,
  })
})

test('a file that is no database, or cannot be made, is refused in one line', async (t) => {
  const path = temporaryPath(t)
  writeFileSync(path, 'not a database, but long enough to have a header '.repeat(10))
  await assert.rejects(openSqliteStore(optionsFor(path)), {
    code: 'store_unusable',
    message: /^[^\n]+$/,
  })
  const below = join(path, 'traces.db')
  await assert.rejects(openSqliteStore(optionsFor(below)), {
    code: 'store_unusable',
    message: /^[^\n]+$/,
  })
})

test('a SQLite that can lose commits is refused', () => {
  for (const old of ['3.51.2', '3.40.1', '2.99.9']) {
    assert.throws(() => assertSqliteVersion(old), /3\.51\.3 or newer is needed/)
  }
  for (const fine of ['3.51.3', '3.52.0', '4.0.0']) assertSqliteVersion(fine)
})

test('durability says what the setting gives', async (t) => {
  for (const [synchronous, durability] of [
    ['full', 'synced'],
    ['normal', 'os'],
    ['off', 'os'],
  ] as const) {
    const store = await openSqliteAt(t, temporaryPath(t), { synchronous })
    assert.equal(store.durability, durability)
  }
})

test('a reopened file goes on where it was: numbers, parents and what turns share', async (t) => {
  const path = temporaryPath(t)
  const prompt = Array.from({ length: 50 }, (_, at) => at)
  const said = { completion_token_ids: [100, 101] }
  const first = await openSqliteAt(t, path)
  await first.save(traceOf({ prompt_token_ids: prompt, ...said }))
  await first.close()
  const second = await openSqliteAt(t, path)
  await second.begin(intentOf())
  await second.save(traceOf({ prompt_token_ids: [...prompt, 100, 101, 5] }))
  const { items } = await second.listTraces({ session_id: 'session' })
  assert.deepEqual(
    items.map(({ seq }) => seq),
    [1, 3],
  )
  assert.equal(items[1]?.checks.extends_last_turn, true)
  await second.close()
  const db = new DatabaseSync(path, { readOnly: true })
  const links = db.prepare('SELECT prefix FROM chains WHERE runs IS NULL ORDER BY key').all()
  assert.deepEqual(
    links.map(({ prefix }) => prefix),
    [0, 52],
  )
  db.close()
})
