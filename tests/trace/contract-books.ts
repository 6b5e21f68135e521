import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpendRow, SpendSum } from '../../src/trace/index.ts'
import type { OpenStore } from './harness.ts'
import { callerOf, endingOf, intentOf, spendOf, traceOf } from './samples.ts'

const DAY = 86_400

/** What every store promises about its books. */
export function booksContract(name: string, open: OpenStore): void {
  test(`${name}: a trace brings its row in the books along`, async (t) => {
    const store = await open(t)
    const { books } = store
    const caller = callerOf({ key_hash: 'aa', user_id: 'ann', end_user: 'customer' })
    const intent = intentOf({ timestamp: 50 })
    await store.begin(intent)
    assert.deepEqual(await books.spendRows({}), [])
    await store.save(
      endingOf(intent, {
        caller,
        cost: 0.25,
        usage: { prompt_tokens: 7, completion_tokens: 2 },
        latency_ms: 1500,
        ttft_ms: 20,
        metadata: { tags: ['a', 'b'] },
        cache: { key: 'k', hit: true, stored_at: 1 },
      }),
    )
    const row = spendOf({
      request_id: intent.trace_id,
      model: 'model',
      started_at: 50,
      ended_at: 51.5,
      caller,
      spend: 0.25,
      prompt_tokens: 7,
      completion_tokens: 2,
      duration_ms: 1500,
      ttft_ms: 20,
      tags: ['a', 'b'],
      cache_hit: true,
      cache_key: 'k',
    })
    assert.deepEqual(await books.spendRows({}), [row])
  })

  test(`${name}: a trace that is saved again replaces its row; another time is another row`, async (t) => {
    const store = await open(t)
    const trace = traceOf({ cost: 1, timestamp: 10 })
    await store.save(trace)
    await store.save({ ...trace, cost: 2 })
    await store.books.charge(spendOf({ request_id: trace.trace_id, started_at: 11, spend: 4 }))
    const rows = await store.books.spendRows({ request_id: trace.trace_id })
    assert.deepEqual(
      rows.map(({ started_at, spend }) => [started_at, spend]),
      [
        [11, 4],
        [10, 2],
      ],
    )
  })

  test(`${name}: a row comes back as it was, whatever its text is`, async (t) => {
    const { books } = await open(t)
    for (const text of ['ü☃', '\ud800', 'a\0b', '\u0001"x"', '', "'; DROP TABLE spend"]) {
      const caller = callerOf({ key_alias: text, team_alias: text, end_user: text })
      const row = spendOf({ request_id: `of ${text}`, model: text, caller, tags: [text] })
      await books.charge(row)
      assert.deepEqual(await books.spendRows({ request_id: row.request_id }), [row])
    }
    const nobody = spendOf({ request_id: 'nobody', caller: null })
    const master = spendOf({ request_id: 'master', caller: callerOf({}) })
    for (const row of [nobody, master]) await books.charge(row)
    assert.deepEqual(await books.spendRows({ request_id: 'nobody' }), [nobody])
    assert.deepEqual(await books.spendRows({ request_id: 'master' }), [master])
  })

  test(`${name}: rows are found by who paid and when, newest first`, async (t) => {
    const { books } = await open(t)
    for (const row of someRows()) await books.charge(row)
    const ids = async (query: Parameters<typeof books.spendRows>[0]): Promise<string> =>
      (await books.spendRows(query)).map(({ request_id }) => request_id).join(' ')
    assert.equal(await ids({}), 'd c b a')
    assert.equal(await ids({ limit: 2 }), 'd c')
    assert.equal(await ids({ since: DAY, until: 2 * DAY }), 'c b')
    assert.equal(await ids({ key_hash: 'k1' }), 'c a')
    assert.equal(await ids({ key_hash: 'k1', since: DAY }), 'c')
    assert.equal(await ids({ user_id: 'ann' }), 'b a')
    assert.equal(await ids({ team_id: 'red' }), 'c')
    assert.equal(await ids({ user_id: 'nobody' }), '')
  })

  test(`${name}: sums are taken by any groups, highest first, days in their order`, async (t) => {
    const { books } = await open(t)
    assert.deepEqual(await books.spendSums([], {}), [])
    for (const row of someRows()) await books.charge(row)
    const short = (sums: readonly SpendSum[]): unknown[] =>
      sums.map(({ by, spend, calls }) => [...by, spend, calls])
    assert.deepEqual(await books.spendSums(['model'], { key_hash: 'k1' }), [
      { by: ['m'], spend: 5, calls: 2, prompt_tokens: 20, completion_tokens: 4 },
    ])
    assert.deepEqual(short(await books.spendSums([], {})), [[15, 4]])
    assert.deepEqual(short(await books.spendSums(['day'], {})), [
      ['1970-01-01', 1, 1],
      ['1970-01-02', 6, 2],
      ['1970-01-03', 8, 1],
    ])
    assert.deepEqual(short(await books.spendSums(['key_hash'], {})), [
      ['', 8, 1],
      ['k1', 5, 2],
      ['k2', 2, 1],
    ])
    assert.deepEqual(short(await books.spendSums(['user_id', 'day'], { until: 2 * DAY })), [
      ['ann', '1970-01-01', 1, 1],
      ['', '1970-01-02', 4, 1],
      ['ann', '1970-01-02', 2, 1],
    ])
    assert.deepEqual(short(await books.spendSums(['key_hash'], { limit: 1 })), [['', 8, 1]])
  })

  test(`${name}: by tags, a call counts for each of its tags, and sums have no binary noise`, async (t) => {
    const { books } = await open(t)
    const tagged = (id: string, spend: number, tags: string[], key_hash: string): Promise<void> =>
      books.charge(spendOf({ request_id: id, spend, tags, caller: callerOf({ key_hash }) }))
    await tagged('a', 0.1, ['x', 'y ☃'], 'k1')
    await tagged('b', 0.2, ['x'], 'k1')
    await tagged('c', 8, [], 'k1')
    await tagged('d', 16, ['x'], 'k2')
    assert.deepEqual(await books.spendSums(['tag'], { key_hash: 'k1' }), [
      { by: ['x'], spend: 0.3, calls: 2, prompt_tokens: 20, completion_tokens: 4 },
      { by: ['y ☃'], spend: 0.1, calls: 1, prompt_tokens: 10, completion_tokens: 2 },
    ])
    const [first] = await books.spendSums(['tag', 'key_hash'], { limit: 1 })
    assert.deepEqual([first?.by, first?.spend], [['x', 'k2'], 16])
  })

  test(`${name}: deleting a session gives no money back, and forgets whose it was`, async (t) => {
    const store = await open(t)
    await store.save(traceOf({ session_ids: ['s', 'other'], cost: 3 }))
    await store.save(traceOf({ session_ids: ['other'], cost: 1 }))
    await store.deleteSession('s')
    const rows = await store.books.spendRows({})
    assert.deepEqual(
      rows.map(({ session_id, spend }) => [session_id, spend]),
      [
        ['other', 1],
        ['', 3],
      ],
    )
  })

  test(`${name}: documents are kept, replaced and removed by kind and id`, async (t) => {
    const { books } = await open(t)
    await books.putRecords('key', [
      { id: 'b', body: '{"n":1}' },
      { id: 'a\ud800', body: '{"n":2}' },
    ])
    await books.putRecords('user', [{ id: 'b', body: '{}' }])
    await books.putRecords('key', [
      { id: 'b', body: '{"n":3}' },
      { id: 'none', body: null },
    ])
    const records = await books.records('key')
    assert.equal(records.length, 2)
    assert.ok(records.some(({ id, body }) => id === 'a\ud800' && body === '{"n":2}'))
    assert.ok(records.some(({ id, body }) => id === 'b' && body === '{"n":3}'))
    await books.putRecords('key', [{ id: 'b', body: null }])
    assert.deepEqual(
      (await books.records('key')).map(({ id }) => id),
      ['a\ud800'],
    )
    assert.deepEqual(await books.records('user'), [{ id: 'b', body: '{}' }])
    assert.deepEqual(await books.records('team'), [])
  })
}

function someRows(): SpendRow[] {
  const row = (id: string, at: number, spend: number, caller: object): SpendRow =>
    spendOf({ request_id: id, started_at: at, spend, caller: callerOf(caller) })
  return [
    row('b', DAY, 2, { key_hash: 'k2', user_id: 'ann' }),
    row('a', DAY - 0.0001, 1, { key_hash: 'k1', user_id: 'ann' }),
    row('d', 2 * DAY, 8, {}),
    row('c', DAY + 5, 4, { key_hash: 'k1', team_id: 'red' }),
  ]
}
