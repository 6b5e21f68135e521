import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SCHEMA_VERSION } from '../../src/trace/sqlite/schema.ts'
import { openSqliteAt, temporaryPath } from './harness.ts'
import { makeOld, versionOf } from './old-file.ts'
import { callerOf, spendOf, traceOf } from './samples.ts'

test('a file from before there were books is given some, and its calls stay as they were', async (t) => {
  for (const version of [1, 2] as const) {
    const path = temporaryPath(t)
    const old = await openSqliteAt(t, path)
    const trace = traceOf({ prompt_token_ids: [1, 2] })
    await old.save(trace)
    await old.close()
    makeOld(path, version)

    const store = await openSqliteAt(t, path)
    assert.deepEqual((await store.getTrace(trace.trace_id))?.prompt_token_ids, [1, 2])
    assert.deepEqual(await store.books.spendRows({}), [])
    await store.save(traceOf({ cost: 2 }))
    await store.books.putRecords('key', [{ id: 'a', body: '{}' }])
    assert.deepEqual(
      (await store.books.spendRows({})).map(({ spend }) => spend),
      [2],
    )
    await store.close()
    assert.equal(versionOf(path), SCHEMA_VERSION)
  }
})

test('books are there when the file is opened again', async (t) => {
  const path = temporaryPath(t)
  const store = await openSqliteAt(t, path)
  const row = spendOf({ spend: 0.1 + 0.2, caller: callerOf({ key_hash: 'aa' }) })
  await store.books.charge(row)
  await store.books.putRecords('team', [{ id: 'a', body: '{"x":1}' }])
  await store.close()
  await assert.rejects(store.books.charge(row), { code: 'shutting_down' })
  const { books } = await openSqliteAt(t, path)
  assert.deepEqual(await books.spendRows({ key_hash: 'aa' }), [row])
  assert.deepEqual(await books.records('team'), [{ id: 'a', body: '{"x":1}' }])
})

test('the views have the columns of LiteLLM’s spend log', async (t) => {
  const path = temporaryPath(t)
  const { books } = await openSqliteAt(t, path)
  const caller = { key_hash: 'ab12', key_alias: 'al', user_id: 'ann', team_id: 'red' }
  await books.charge(
    spendOf({
      request_id: 'r',
      started_at: 1_700_000_000.25,
      ended_at: 1_700_000_001.5,
      duration_ms: 1250.4,
      ttft_ms: 500,
      spend: 0.5,
      caller: { ...caller, team_alias: 'Red', end_user: 'customer' },
      tags: ['x'],
    }),
  )
  await books.charge(
    spendOf({ request_id: 'bare', started_at: 0, cache_hit: true, cache_key: 'k' }),
  )
  const db = new DatabaseSync(path, { readOnly: true })
  const [row, bare] = db
    .prepare('SELECT * FROM "LiteLLM_SpendLogs" ORDER BY "startTime" DESC')
    .all()
  const spends = db.prepare('SELECT * FROM litellm_spend ORDER BY "startTime" DESC').all()
  const { metadata, ...rest } = row ?? {}
  db.close()
  assert.deepEqual(rest, {
    request_id: 'r',
    call_type: 'acompletion',
    api_key: 'ab12',
    spend: 0.5,
    total_tokens: 12,
    prompt_tokens: 10,
    completion_tokens: 2,
    startTime: '2023-11-14T22:13:20.250Z',
    endTime: '2023-11-14T22:13:21.500Z',
    request_duration_ms: 1250,
    completionStartTime: '2023-11-14T22:13:20.750Z',
    model: 'm',
    model_id: '',
    model_group: 'model',
    custom_llm_provider: '',
    api_base: '',
    user: 'ann',
    cache_hit: 'False',
    cache_key: 'Cache OFF',
    request_tags: '["x"]',
    team_id: 'red',
    organization_id: null,
    end_user: 'customer',
    requester_ip_address: null,
    messages: '{}',
    response: '{}',
    session_id: 'session',
    status: 'success',
    mcp_namespaced_tool_name: null,
    agent_id: null,
    proxy_server_request: '{}',
  })
  assert.deepEqual(JSON.parse(String(metadata)), {
    user_api_key: 'ab12',
    user_api_key_alias: 'al',
    user_api_key_user_id: 'ann',
    user_api_key_team_id: 'red',
    user_api_key_team_alias: 'Red',
    user_api_key_org_id: null,
    user_api_key_end_user_id: 'customer',
    status: 'success',
  })
  const { api_key, user, end_user, request_tags, cache_hit, cache_key } = bare ?? {}
  assert.deepEqual([api_key, user, end_user, request_tags], ['', '', '', '[]'])
  assert.deepEqual([cache_hit, cache_key, bare?.['completionStartTime']], ['True', 'k', null])
  assert.deepEqual(
    { ...spends[0] },
    {
      request_id: 'r',
      model: 'm',
      model_group: 'model',
      custom_llm_provider: '',
      user: 'ann',
      team_id: 'red',
      end_user: 'customer',
      api_key: 'ab12',
      response_cost: 0.5,
      prompt_tokens: 10,
      completion_tokens: 2,
      total_tokens: 12,
      startTime: '2023-11-14T22:13:20.250Z',
      endTime: '2023-11-14T22:13:21.500Z',
      status: 'success',
      cache_hit: 'False',
      session_id: 'session',
    },
  )
})

test('questions for a time or a key are answered from an index', async (t) => {
  const path = temporaryPath(t)
  await openSqliteAt(t, path)
  const db = new DatabaseSync(path, { readOnly: true })
  const planOf = (where: string): string =>
    JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN SELECT * FROM spend WHERE ${where}`).all(1, 1))
  assert.match(planOf('started_at >= ? AND started_at < ?'), /spend_started_at/)
  assert.match(planOf('started_at >= ? AND key_hash = ?'), /spend_key_hash/)
  db.close()
})
