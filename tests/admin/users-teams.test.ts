import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createScope } from '../support/scope.ts'
import {
  errorIn,
  MASTER,
  startManaged,
  type ManagedGateway,
  type Reply,
} from './managed-gateway.ts'

const TIME = /^\d{4}-\d\d-\d\dT/
const ALLOWANCE = {
  models: [],
  metadata: {},
  blocked: false,
  max_budget: null,
  budget_duration: null,
  budget_reset_at: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  spend: 0,
}

/** A record without its times, which are checked. */
function timeless(record: unknown): Record<string, unknown> {
  const { created_at, updated_at, ...rest } = record as Record<string, unknown>
  assert.match(String(created_at), TIME)
  assert.match(String(updated_at), TIME)
  return rest
}

describe('users and teams', () => {
  const scope = createScope()
  let sluice: ManagedGateway

  before(async () => {
    sluice = await startManaged(scope)
  })
  after(() => scope.close())

  const codeOf = (reply: Reply): unknown[] => [reply.status, errorIn(reply)['code']]

  test('a user’s key is never what opens everything', async () => {
    const made = await sluice.post('/user/new', { user_id: 'root', key: MASTER })
    assert.deepEqual(codeOf(made), [400, 'already_there'])
    assert.equal((await sluice.get('/user/info?user_id=root')).status, 404)
  })

  test('a user is made with a key of its own, and told of', async () => {
    const made = await sluice.post('/user/new', {
      user_id: 'ann',
      user_email: 'ann@example.org',
      models: ['m'],
      max_budget: 5,
      key_alias: 'ann-1',
      sso_user_id: 's1',
    })
    assert.equal(made.status, 200)
    const key = String(made.body['key'])
    assert.equal((await sluice.call(key)).status, 200)
    const { user_id, user_info, keys, teams } = (await sluice.get('/user/info?user_id=ann')).body
    assert.deepEqual([user_id, teams], ['ann', []])
    assert.deepEqual(timeless(user_info), {
      ...ALLOWANCE,
      sso_user_id: 's1',
      user_id: 'ann',
      user_alias: null,
      user_email: 'ann@example.org',
      user_role: null,
      teams: [],
      models: ['m'],
      max_budget: 5,
    })
    const [own, ...others] = keys as Record<string, unknown>[]
    assert.deepEqual(others, [])
    assert.deepEqual(
      [own?.['key_alias'], own?.['user_id'], own?.['max_budget']],
      ['ann-1', 'ann', null],
    )
    assert.deepEqual(codeOf(await sluice.post('/user/new', { user_id: 'ann' })), [
      400,
      'already_there',
    ])
  })

  test('a user without a key, updated, listed and deleted', async () => {
    const made = await sluice.post('/user/new', { user_id: 'bob', auto_create_key: false })
    assert.equal(made.body['key'], '')
    const key = await sluice.generate({ user_id: 'bob' })
    const { body } = await sluice.post('/user/update', {
      user_id: 'bob',
      user_role: 'internal_user',
      rpm_limit: 3,
    })
    const data = body['data'] as Record<string, unknown>
    assert.deepEqual(
      [body['user_id'], data['user_role'], data['rpm_limit']],
      ['bob', 'internal_user', 3],
    )
    const list = (await sluice.get('/user/list?role=internal_user&page_size=1')).body
    const { users, ...place } = list
    assert.deepEqual(
      (users as { user_id: string }[]).map((user) => user.user_id),
      ['bob'],
    )
    assert.deepEqual(place, { total: 1, page: 1, page_size: 1, total_pages: 1 })
    assert.deepEqual(codeOf(await sluice.post('/user/delete', { user_ids: ['bob', 'nobody'] })), [
      404,
      'user_not_found',
    ])
    assert.equal((await sluice.call(key)).status, 200)
    assert.deepEqual((await sluice.post('/user/delete', { user_ids: ['bob'] })).body, {
      deleted_users: ['bob'],
    })
    assert.equal((await sluice.call(key)).status, 401)
    assert.deepEqual(codeOf(await sluice.get('/user/info?user_id=bob')), [404, 'user_not_found'])
  })

  test('a team has members, limits and keys', async () => {
    await sluice.post('/user/new', { user_id: 'cy', auto_create_key: false })
    const made = await sluice.post('/team/new', {
      team_id: 'core',
      team_alias: 'Core',
      members_with_roles: [{ role: 'admin', user_id: 'cy' }],
      tpm_limit: 100,
    })
    const members = [{ role: 'admin', user_id: 'cy' }]
    const team = {
      ...ALLOWANCE,
      team_id: 'core',
      team_alias: 'Core',
      members_with_roles: members,
      tpm_limit: 100,
    }
    assert.deepEqual(timeless(made.body), team)
    const key = await sluice.generate({ team_id: 'core' })
    const info = (await sluice.get('/team/info?team_id=core')).body
    assert.deepEqual(
      [info['team_id'], timeless(info['team_info']), info['team_memberships']],
      ['core', team, []],
    )
    assert.equal((info['keys'] as unknown[]).length, 1)
    const user = (await sluice.get('/user/info?user_id=cy')).body['user_info']
    assert.deepEqual((user as Record<string, unknown>)['teams'], ['core'])
    const list = (await sluice.get('/team/list?user_id=cy')).body as unknown as {
      team_id: string
    }[]
    assert.deepEqual(
      list.map(({ team_id }) => team_id),
      ['core'],
    )

    const added = await sluice.post('/team/member_add', {
      team_id: 'core',
      member: { user_id: 'dan' },
    })
    assert.deepEqual(added.body['members_with_roles'], [
      ...members,
      { role: 'user', user_id: 'dan' },
    ])
    const twice = await sluice.post('/team/member_add', {
      team_id: 'core',
      member: [{ user_id: 'dan' }],
    })
    assert.deepEqual(codeOf(twice), [400, 'already_there'])
    const left = await sluice.post('/team/member_delete', { team_id: 'core', user_id: 'cy' })
    assert.deepEqual(left.body['members_with_roles'], [{ role: 'user', user_id: 'dan' }])
    assert.deepEqual(
      codeOf(await sluice.post('/team/member_delete', { team_id: 'core', user_id: 'cy' })),
      [404, 'user_not_found'],
    )

    const changed = await sluice.post('/team/update', { team_id: 'core', max_budget: 9 })
    assert.equal((changed.body['data'] as Record<string, unknown>)['max_budget'], 9)
    assert.equal((await sluice.post('/team/block', { team_id: 'core' })).body['blocked'], true)
    assert.equal((await sluice.call(key)).status, 401)
    await sluice.post('/team/unblock', { team_id: 'core' })
    assert.equal((await sluice.call(key)).status, 200)
    assert.deepEqual((await sluice.post('/team/delete', { team_ids: ['core'] })).body, {
      deleted_teams: ['core'],
    })
    assert.equal((await sluice.call(key)).status, 401)
  })

  test('keys of teams that are not there are not made', async () => {
    assert.deepEqual(codeOf(await sluice.post('/key/generate', { team_id: 'none' })), [
      404,
      'team_not_found',
    ])
    assert.deepEqual(codeOf(await sluice.post('/user/new', { teams: ['none'] })), [
      404,
      'team_not_found',
    ])
    assert.deepEqual(codeOf(await sluice.get('/team/info')), [404, 'team_not_found'])
  })
})
