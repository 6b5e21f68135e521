import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteAt, temporaryPath } from './harness.ts'
import { chatBody, endingOf, intentOf, traceOf, wireOf } from './samples.ts'

const CANARY = 'canary-5f1c'

test('what was deleted is in no file any more, before anybody is told so', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  const session_ids = [`session-${CANARY}`]
  for (let at = 0; at < 5; at++) {
    const received = chatBody(`${CANARY} ${at}`)
    const intent = intentOf({ session_ids, received, metadata: { CANARY } })
    await store.begin(intent)
    await store.save(endingOf(intent, { metadata: { CANARY }, warnings: [CANARY] }))
  }
  await store.putSession({ session_id: session_ids[0] ?? '', metadata: { CANARY } })
  await store.save(traceOf({ session_ids: ['other'] }))
  assert.notDeepEqual(filesWith(path), [])
  assert.equal(await store.deleteSession(session_ids[0] ?? ''), 5)
  assert.deepEqual(filesWith(path), [])
})

test('what sessions share stays until the last of them goes, and then nothing is left', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  const received = chatBody('the same question of a group', 'x'.repeat(300))
  const ids = { prompt_token_ids: Array.from({ length: 40 }, (_, at) => at) }
  for (const id of ['a', 'b', 'c']) {
    for (let turn = 0; turn < 3; turn++) {
      await store.save(traceOf({ session_ids: [id], wire: wireOf({ received }), ...ids }))
    }
  }
  assert.equal(await store.deleteSession('a'), 3)
  const { items } = await store.listTraces({ session_id: 'b' })
  assert.match(JSON.stringify(items[2]?.raw_request), /x{300}/)
  assert.deepEqual(items[2]?.prompt_token_ids, ids.prompt_token_ids)
  await store.deleteSession('b')
  await store.deleteSession('c')
  await store.close()
  const db = new DatabaseSync(path, { readOnly: true })
  for (const table of ['sessions', 'calls', 'turns', 'payloads', 'chains', 'parts', 'part_refs']) {
    assert.deepEqual(
      { ...db.prepare(`SELECT count(*) AS left FROM ${table}`).get() },
      { left: 0 },
      table,
    )
  }
  db.close()
})

test('a large session goes in steps, and other calls are committed in between', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  await Promise.all(
    Array.from({ length: 1100 }, (_, at) =>
      store.save(
        traceOf({ session_ids: ['large'], wire: wireOf({ received: chatBody(String(at)) }) }),
      ),
    ),
  )
  const before = (await store.stats()).commits
  let isDeleted = false
  const deleting = store.deleteSession('large').finally(() => (isDeleted = true))
  await store.save(traceOf({ session_ids: ['other'] }))
  assert.equal(isDeleted, false, 'the other call did not wait for the whole deletion')
  assert.equal(await deleting, 1100)
  assert.ok((await store.stats()).commits - before > 5)
  assert.equal((await store.stats()).traces, 1)
})

test('a call that stays can be read when the turns it was stored against are gone', async (t) => {
  const store = await openSqliteAt(t, temporaryPath(t))
  const prompt = Array.from({ length: 60 }, (_, at) => at)
  const said = Array.from({ length: 20 }, (_, at) => `message ${at}`)
  await store.save(
    traceOf({ prompt_token_ids: prompt, wire: wireOf({ received: chatBody(...said) }) }),
  )
  const received = chatBody(...said, 'one more')
  const intent = intentOf({ received })
  await store.begin(intent)
  assert.equal(await store.deleteSession('session'), 1)
  await store.save(endingOf(intent, { prompt_token_ids: [...prompt, 1] }))
  const read = await store.getTrace(intent.trace_id)
  assert.deepEqual(read?.prompt_token_ids, [...prompt, 1])
  assert.deepEqual((await store.getWire(intent.trace_id))?.received, Uint8Array.from(received))
})

function filesWith(path: string): string[] {
  const directory = dirname(path)
  return readdirSync(directory).filter((file) =>
    readFileSync(join(directory, file)).includes(CANARY),
  )
}
