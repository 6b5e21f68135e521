import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { errorIn, MASTER, startManaged, type ManagedGateway } from '../admin/managed-gateway.ts'
import { createScope, type Scope } from '../support/scope.ts'
import { completionThatUsed } from './cost-setup.ts'
import { answers, refuses } from './routing-setup.ts'
import { single } from '../support/scripted-upstream.ts'

/** Each call takes a thousand tokens for an answer, and so costs a dollar. */
const PRICE = { price: { input_per_token: 0, output_per_token: 0.001 } }
const COMPLETION = single(completionThatUsed({ prompt_tokens: 0, completion_tokens: 1_000 }))

async function start(
  scope: Scope,
  {
    keys = {},
    config = {},
    dir,
  }: { keys?: object; config?: Record<string, unknown>; dir?: string },
): Promise<ManagedGateway> {
  const folder = dir === undefined ? {} : { dir }
  const sluice = await startManaged(scope, { keys, config, worker: PRICE, ...folder })
  sluice.worker.play(COMPLETION)
  return sluice
}

function folder(scope: Scope): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  scope.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function spendOf(sluice: ManagedGateway, path: string, field: string): Promise<unknown> {
  return ((await sluice.get(path)).body[field] as { spend: number }).spend
}

describe('what a call costs', () => {
  const scope = createScope()
  after(() => scope.close())

  test('of a team’s key is the team’s to allow, and its user’s as well to have spent', async () => {
    const dir = folder(scope)
    let sluice = await start(scope, { dir })
    await sluice.post('/user/new', { user_id: 'ann', max_budget: 0.5, auto_create_key: false })
    await sluice.post('/team/new', { team_id: 'core', max_budget: 2 })
    const key = await sluice.generate({ user_id: 'ann', team_id: 'core' })
    const own = await sluice.generate({ user_id: 'ann' })
    assert.equal((await sluice.call(key)).status, 200)
    assert.equal((await sluice.call(key)).status, 200, 'the budget of the user kept it back')
    assert.match(
      String(errorIn(await sluice.call(key))['message']),
      /Team=core Current cost: 2\.0,/,
    )
    assert.match(String(errorIn(await sluice.call(own))['message']), /User=ann Current cost: 2\.0,/)
    assert.equal(await spendOf(sluice, '/user/info?user_id=ann', 'user_info'), 2)
    await sluice.gateway.stop()
    sluice = await start(scope, { dir })
    assert.equal(await spendOf(sluice, '/user/info?user_id=ann', 'user_info'), 2)
    assert.equal((await sluice.call(own)).status, 429)
  })

  test('before a user was made is not the user’s, neither now nor after a restart', async () => {
    const dir = folder(scope)
    let sluice = await start(scope, { dir })
    const key = await sluice.generate({ user_id: 'late' })
    assert.equal((await sluice.call(key)).status, 200)
    await sluice.post('/user/new', { user_id: 'late', max_budget: 1.5, auto_create_key: false })
    assert.equal(await spendOf(sluice, '/user/info?user_id=late', 'user_info'), 0)
    await sluice.gateway.stop()
    sluice = await start(scope, { dir })
    assert.equal(await spendOf(sluice, '/user/info?user_id=late', 'user_info'), 0)
    assert.equal((await sluice.call(key)).status, 200)
    assert.equal(await spendOf(sluice, '/user/info?user_id=late', 'user_info'), 1)
  })

  test('counts for everybody’s budget, whoever calls, also after a restart', async () => {
    const dir = folder(scope)
    const keys = { max_budget: 2, budget_duration: '30d' }
    let sluice = await start(scope, { dir, keys })
    assert.equal((await sluice.call(MASTER)).status, 200)
    assert.equal((await sluice.call(await sluice.generate())).status, 200)
    const refused = await sluice.call(MASTER)
    assert.equal(refused.status, 429)
    assert.equal(
      errorIn(refused)['message'],
      'Budget has been exceeded! Current cost: 2.0, Max budget: 2.0',
    )
    assert.equal((await sluice.get('/global/spend')).body['max_budget'], 2)
    await sluice.gateway.stop()
    sluice = await start(scope, { dir, keys })
    assert.equal((await sluice.call(MASTER)).status, 429)
  })

  test('counts for the budget that a reload gives a key or everybody', async () => {
    const key = 'sk-configured-0123456789'
    const budget = { max_budget: 1, budget_duration: '30d' }
    const config = { admin_token: 'an-admin-token-of-tests' }
    const sluice = await start(scope, { config, keys: { limits: { [key]: {} } } })
    const reload = async (keys: object): Promise<unknown> => {
      const upstreams = [{ url: sluice.worker.url, kind: 'generic', ...PRICE }]
      const config_yaml = JSON.stringify({ upstreams, keys: { master_key: MASTER, ...keys } })
      const reply = await sluice.post('/admin/reload', { config_yaml })
      return assert.equal(reply.status, 200, JSON.stringify(reply.body))
    }
    assert.equal((await sluice.call(key)).status, 200)
    await reload({ limits: { [key]: budget } })
    assert.match(String(errorIn(await sluice.call(key))['message']), /Current cost: 1\.0/)
    await reload({ ...budget, limits: { [key]: {} } })
    assert.equal((await sluice.call(key)).status, 429)
    await reload({ limits: { [key]: { ...budget, max_budget: 3 } } })
    assert.equal((await sluice.call(key)).status, 200)
    await reload({ limits: { [key]: { max_budget: 2 } } })
    assert.match(String(errorIn(await sluice.call(key))['message']), /Current cost: 2\.0/)
  })

  test('is kept within the budget and the models that the configuration has for an alias', async () => {
    const dir = folder(scope)
    const limits = { ci: { max_budget: 1, budget_duration: '30d', models: ['m'] } }
    let sluice = await start(scope, { dir, keys: { limits } })
    const key = await sluice.generate({ key_alias: 'ci' })
    assert.equal((await sluice.call(key, { model: 'other' })).status, 403)
    assert.equal((await sluice.call(key)).status, 200)
    assert.equal((await sluice.call(key)).status, 429)
    assert.equal(await spendOf(sluice, `/key/info?key=${key}`, 'info'), 1)
    await sluice.gateway.stop()
    sluice = await start(scope, { dir, keys: { limits } })
    assert.equal((await sluice.call(key)).status, 429)
  })
})

describe('a model that costs nothing, with one behind it that does', () => {
  const scope = createScope()
  after(() => scope.close())

  test('is asked with a budget that is spent, and the one behind it is not', async () => {
    const sluice = await startManaged(scope, {
      config: {
        prices: { paid: PRICE.price },
        routing: { litellm: true, retries: 0, fallbacks: { free: ['paid'] } },
      },
    })
    const key = await sluice.generate({ max_budget: 1 })
    sluice.worker.play(refuses(400, 'no'), COMPLETION)
    const first = await sluice.call(key, { model: 'free' })
    assert.equal(first.headers.get('x-litellm-attempted-fallbacks'), '1')
    assert.equal(first.status, 200)
    sluice.worker.play(refuses(400, 'no'), COMPLETION)
    const second = await sluice.call(key, { model: 'free' })
    assert.equal(second.status, 400, 'a budget that is spent went on paying')
    const own = { model: 'free', body: { fallbacks: ['paid'] } }
    sluice.worker.play(refuses(400, 'no'), COMPLETION)
    assert.equal((await sluice.call(key, own)).status, 400)
    sluice.worker.play(answers('free'))
    assert.equal((await sluice.call(key, own)).status, 200)
  })
})

test('what is left of budgets is in the metrics, and may be made whole again for all', async (t) => {
  const sluice = await startManaged(t, { worker: PRICE })
  sluice.worker.play(COMPLETION)
  await sluice.post('/team/new', { team_id: 'core', team_alias: 'Core', max_budget: 5 })
  const budget = { max_budget: 2, budget_duration: '2h', key_alias: 'ci', team_id: 'core' }
  const key = await sluice.generate(budget)
  await sluice.generate({ key_alias: 'endless' })
  const told = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${sluice.gateway.url}/metrics`)).text()
    const lines = text.matchAll(/^litellm_(\w+_budget\w*_metric)\{.*alias="(\w+)".*\} (\S+)$/gm)
    return Object.fromEntries(
      [...lines].map(([, name = '', alias = '', value]) => [
        `${alias} ${name}`,
        Math.ceil(Number(value)),
      ]),
    )
  }
  const before = {
    'ci remaining_api_key_budget_metric': 2,
    'ci api_key_max_budget_metric': 2,
    'ci api_key_budget_remaining_hours_metric': 2,
    'Core remaining_team_budget_metric': 5,
    'Core team_max_budget_metric': 5,
  }
  assert.deepEqual(await told(), before)
  assert.equal((await sluice.call(key)).status, 200)
  const spent = { 'ci remaining_api_key_budget_metric': 1, 'Core remaining_team_budget_metric': 4 }
  assert.deepEqual(await told(), { ...before, ...spent })
  assert.equal((await sluice.post('/global/spend/reset', {}, key)).status, 403)
  assert.equal((await sluice.post('/global/spend/reset')).body['status'], 'success')
  assert.deepEqual(await told(), before)
  assert.equal((await sluice.get('/global/spend')).body['spend'], 1, 'the books lost a call')
})
