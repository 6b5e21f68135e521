import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hashOf } from '../../src/ledger/index.ts'
import { codeOf, messageOf, startAdmin, type Admin } from './setup.ts'
import { DAY, HASH, KEY, OLD, someSpend } from './some-spend.ts'

const BOB = hashOf('sk-of-bob')

describe('the books over HTTP', () => {
  let admin: Admin
  before(async () => {
    admin = await startAdmin()
    for (const row of someSpend(OLD)) await admin.store.books.charge(row)
  })
  after(() => admin[Symbol.asyncDispose]())

  const get = async (path: string): Promise<unknown> => {
    const answer = await admin.ask('GET', path)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const ids = async (path: string): Promise<string[]> =>
    ((await get(path)) as { request_id: string }[]).map(({ request_id }) => request_id)

  test('one call is found by its id, with all that LiteLLM logs', async () => {
    assert.deepEqual(await get('/spend/logs?request_id=first'), [
      {
        request_id: 'first',
        call_type: 'acompletion',
        api_key: HASH,
        spend: 0.5,
        total_tokens: 12,
        prompt_tokens: 10,
        completion_tokens: 2,
        startTime: '2024-02-28T12:00:00.000Z',
        endTime: '2024-02-28T12:00:02.000Z',
        request_duration_ms: 0,
        completionStartTime: null,
        model: 'small',
        model_id: '',
        model_group: 'model',
        custom_llm_provider: 'openai',
        api_base: '',
        user: 'ann',
        metadata: {
          user_api_key: HASH,
          user_api_key_alias: null,
          user_api_key_user_id: 'ann',
          user_api_key_team_id: 'red',
          user_api_key_team_alias: null,
          user_api_key_org_id: null,
          user_api_key_end_user_id: 'shop',
          status: 'success',
        },
        cache_hit: 'False',
        cache_key: 'Cache OFF',
        request_tags: [],
        team_id: 'red',
        organization_id: null,
        end_user: 'shop',
        requester_ip_address: null,
        messages: {},
        response: {},
        session_id: 'session',
        status: 'success',
        mcp_namespaced_tool_name: null,
        agent_id: null,
        proxy_server_request: {},
      },
    ])
  })

  test('calls are listed newest first, of a key by its text or its hash, or of a user', async () => {
    assert.deepEqual(await ids('/spend/logs'), ['third', 'second', 'first'])
    assert.deepEqual(await ids(`/spend/logs?api_key=${KEY}`), ['third', 'first'])
    assert.deepEqual(await ids(`/spend/logs?api_key=${HASH}`), ['third', 'first'])
    assert.deepEqual(await ids('/spend/logs?user_id=bob'), ['second'])
    assert.deepEqual(
      await ids('/spend/logs?start_date=2024-02-28&end_date=2024-02-28&summarize=false'),
      ['second', 'first'],
    )
  })

  test('a list that was cut says so', async () => {
    const cut = await admin.ask('GET', '/spend/logs?limit=2')
    assert.equal(cut.headers.get('x-sluice-more'), 'true')
    assert.equal((cut.body as unknown[]).length, 2)
    const whole = await admin.ask('GET', '/spend/logs?limit=3')
    assert.equal(whole.headers.get('x-sluice-more'), null)
  })

  test('days are summed up, with those that had no calls at the end', async () => {
    assert.deepEqual(await get('/spend/logs?start_date=2024-02-01&end_date=2024-03-02'), [
      {
        [BOB]: 2,
        [HASH]: 0.5,
        startTime: '2024-02-28',
        spend: 2.5,
        users: { bob: 2, ann: 0.5 },
        models: { big: 2, small: 0.5 },
      },
      { [HASH]: 4, startTime: '2024-02-29', spend: 4, users: { ann: 4 }, models: { big: 4 } },
      { startTime: '2024-03-01', spend: 0, users: {}, models: {} },
      { startTime: '2024-03-02', spend: 0, users: {}, models: {} },
    ])
    assert.deepEqual(await get('/spend/logs?start_date=2023-01-01&end_date=2023-01-02'), [])
  })

  test('teams, customers and keys get a report of any days', async () => {
    const days = 'start_date=2024-02-29&end_date=2024-02-29'
    const metadata = [{ model: 'big', spend: 4, total_tokens: 12, api_key: HASH }]
    const group_by_day = '2024-02-29T00:00:00+00:00'
    assert.deepEqual(await get(`/global/spend/report?${days}`), [
      { group_by_day, teams: [{ team_name: 'red', total_spend: 4, metadata }] },
    ])
    assert.deepEqual(await get(`/global/spend/report?${days}&group_by=customer`), [
      { group_by_day, customers: [{ customer: 'shop', total_spend: 4, metadata }] },
    ])
    const both = 'start_date=2024-02-28&end_date=2024-02-29'
    const ofKey = [
      {
        api_key: HASH,
        total_cost: 4.5,
        total_input_tokens: 20,
        total_output_tokens: 4,
        model_details: [
          { model: 'big', total_cost: 4, total_input_tokens: 10, total_output_tokens: 2 },
          { model: 'small', total_cost: 0.5, total_input_tokens: 10, total_output_tokens: 2 },
        ],
      },
    ]
    assert.deepEqual(await get(`/global/spend/report?${both}&api_key=${KEY}`), ofKey)
    assert.deepEqual(await get(`/global/spend/report?${both}&internal_user_id=ann`), ofKey)
  })

  test('what is asked wrongly is refused, and named', async () => {
    const refusals: readonly (readonly [path: string, says: RegExp])[] = [
      ['/spend/logs?start_date=2024-02-30&end_date=2024-03-01', /start_date is not a day/],
      ['/spend/logs?start_date=2024-02-01&end_date=tomorrow', /end_date is not a day/],
      ['/spend/logs?start_date=2024-02-01', /end_date is missing/],
      ['/spend/logs?end_date=2024-02-01', /start_date is missing/],
      ['/spend/logs?start_date=2024-02-02&end_date=2024-02-01', /end_date is before/],
      ['/spend/logs?start_date=0001-01-01&end_date=9999-01-01', /end_date is more than/],
      ['/spend/logs?summarize=maybe', /summarize is neither/],
      ['/spend/logs?limit=0', /limit is not/],
      ['/global/spend/report', /start_date is missing/],
      ['/global/spend/report?start_date=2024-02-01&end_date=2024-02-01&group_by=x', /group_by/],
      ['/global/spend/keys?limit=x', /limit is not/],
    ]
    for (const [path, says] of refusals) {
      const answer = await admin.ask('GET', path)
      assert.equal(answer.status, 400, path)
      assert.equal(codeOf(answer), 'bad_query', path)
      assert.match(messageOf(answer), says)
    }
    const answer = await admin.ask('POST', '/global/spend/end_users', { startTime: 'once' })
    assert.equal(codeOf(answer), 'bad_body')
  })
})

test('the last 30 days are summed up for everybody', async () => {
  // Noon of a day: none ends between two calls.
  const start = (Math.floor(Date.now() / 1000 / DAY) - 2.5) * DAY
  await using admin = await startAdmin()
  for (const row of [...someSpend(OLD), ...someSpend(start)]) await admin.store.books.charge(row)
  const get = async (path: string): Promise<unknown> => (await admin.ask('GET', path)).body
  const dayOf = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10)

  assert.deepEqual(await get('/global/spend'), { spend: 6.5, max_budget: 0 })
  const models = [
    { model: 'big', total_spend: 6 },
    { model: 'small', total_spend: 0.5 },
  ]
  assert.deepEqual(await get('/global/spend/models'), models)
  assert.deepEqual(await get('/global/spend/models?limit=1'), models.slice(0, 1))
  assert.deepEqual(await get('/global/spend/keys'), [
    { api_key: HASH, key_alias: null, key_name: null, total_spend: 4.5 },
    { api_key: BOB, key_alias: null, key_name: null, total_spend: 2 },
  ])
  assert.deepEqual(await get('/global/spend/provider'), [
    { provider: 'hosted_vllm', spend: 6 },
    { provider: 'openai', spend: 0.5 },
  ])
  const users = await admin.ask('POST', '/global/spend/end_users', {})
  assert.deepEqual(users.body, [
    { end_user: 'shop', total_count: 2, total_spend: 4.5 },
    { end_user: 'bank', total_count: 1, total_spend: 2 },
  ])
  const some = { api_key: 'sk-of-bob', startTime: '2024-01-01', endTime: '2024-03-01T00:00:00Z' }
  assert.deepEqual((await admin.ask('POST', '/global/spend/end_users', some)).body, [
    { end_user: 'bank', total_count: 1, total_spend: 2 },
  ])
  const [first, second] = [dayOf(start), dayOf(start + DAY)]
  assert.deepEqual(await get('/global/spend/logs'), [
    { date: first, spend: 2.5 },
    { date: second, spend: 4 },
  ])
  assert.deepEqual(await get(`/global/spend/logs?api_key=${KEY}`), [
    { date: first, spend: 0.5, api_key: HASH },
    { date: second, spend: 4, api_key: HASH },
  ])
  assert.deepEqual(await get('/global/spend/teams'), {
    daily_spend: [
      { Unassigned: 2, red: 0.5, date: first },
      { red: 4, date: second },
    ],
    teams: ['red', 'Unassigned'],
    total_spend_per_team: [
      { team_id: 'red', total_spend: 4.5 },
      { team_id: 'Unassigned', total_spend: 2 },
    ],
  })
})
