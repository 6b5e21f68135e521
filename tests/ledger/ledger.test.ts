import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import {
  hashOf,
  newKey,
  newTeam,
  newUser,
  openLedger,
  periodOf,
  type ConfiguredKeys,
  type Ledger,
} from '../../src/ledger/index.ts'
import { testBooks, type TestBooks } from './setup.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')

interface Opened {
  readonly ledger: Ledger
  readonly books: TestBooks
  readonly warnings: object[]
  clock: number
}

async function open(books = testBooks(), configured: ConfiguredKeys = {}): Promise<Opened> {
  const warnings: object[] = []
  const opened = { books, warnings, clock: NOW }
  const log = { warn: (entry: object) => void warnings.push(entry) }
  const ledger = await openLedger(books, { log, configured, now: () => opened.clock } as never)
  return Object.assign(opened, { ledger })
}

async function make(ledger: Ledger, body: Record<string, string | number> = {}): Promise<string> {
  const { text, key } = newKey(body, NOW)
  await ledger.change((changes) => changes.addKey(key))
  return text
}

const aliasOf = (ledger: Ledger, text: string): unknown => {
  const identity = ledger.identify([text])
  return identity?.role === 'key' ? identity.key.key_alias : identity
}

test('a key is known once it is committed, by its text alone, and after a restart', async () => {
  const { ledger, books } = await open()
  const text = await make(ledger, { key_alias: 'ci' })
  assert.match(text, /^sk-[A-Za-z0-9_-]{22}$/)
  assert.equal(aliasOf(ledger, text), 'ci')
  assert.equal(ledger.identify([hashOf(text)]), null)
  assert.ok(!JSON.stringify([...books.kept]).includes(text))
  const again = await open(books)
  assert.equal(aliasOf(again.ledger, text), 'ci')
  assert.deepEqual(again.ledger.keys.list(), ledger.keys.list())
})

test('what cannot be committed does not take effect', async () => {
  const { ledger, books } = await open()
  books.fail = true
  await assert.rejects(make(ledger, { key_alias: 'ci' }), /disk is full/)
  books.fail = false
  assert.equal(ledger.keys.size, 0)
  await make(ledger, { key_alias: 'ci' })
})

test('of keys made at once with one alias a single one is made', async () => {
  const { ledger } = await open()
  const made = await Promise.allSettled(
    Array.from({ length: 20 }, () => make(ledger, { key_alias: 'same' })),
  )
  const failed = made.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
  assert.equal(failed.length, 19)
  const error = failed[0]?.reason as GatewayError
  assert.deepEqual([error.code, error.status, error.param], ['already_there', 400, 'key_alias'])
  assert.equal(ledger.keys.size, 1)
})

test('an alias is free again when its key is removed, or is replaced in the same change', async () => {
  const { ledger } = await open()
  await make(ledger, { key_alias: 'ci' })
  const before = ledger.keyWithAlias('ci')
  const { key } = newKey({ key_alias: 'ci' }, NOW)
  await ledger.change((changes) => {
    changes.addKey(key)
    changes.removeKey(before?.token ?? '')
  })
  assert.equal(ledger.keyWithAlias('ci')?.token, key.token)
  await ledger.change((changes) => changes.removeKey(key.token))
  assert.equal(ledger.keyWithAlias('ci'), undefined)
})

test('a key that expires is valid until then', async () => {
  const opened = await open()
  const text = await make(opened.ledger, { duration: '30s' })
  opened.clock = NOW + 29_999
  assert.ok(opened.ledger.identify([text]))
  opened.clock = NOW + 30_000
  assert.throws(() => opened.ledger.identify([text]), { code: 'key_expired', status: 401 })
})

test('a blocked team or user takes its keys with it, and so does a team that is gone', async () => {
  const { ledger } = await open()
  const team = newTeam({ team_id: 't' }, NOW)
  const user = newUser({ user_id: 'u' }, NOW)
  await ledger.change((changes) => {
    changes.addTeam(team)
    changes.addUser(user)
  })
  const ofTeam = await make(ledger, { team_id: 't' })
  const ofUser = await make(ledger, { user_id: 'u' })
  assert.ok(ledger.identify([ofTeam]) && ledger.identify([ofUser]))
  await ledger.change((changes) => {
    changes.putTeam({ ...team, blocked: true })
    changes.putUser({ ...user, blocked: true })
  })
  assert.throws(() => ledger.identify([ofTeam]), { code: 'key_blocked' })
  assert.throws(() => ledger.identify([ofUser]), { code: 'key_blocked' })
  await ledger.change((changes) => changes.removeTeam('t'))
  assert.throws(() => ledger.identify([ofTeam]), { code: 'key_blocked' })
})

test('a budget begins anew when its period is over, without anybody writing it', async () => {
  const opened = await open()
  const text = await make(opened.ledger, { max_budget: 1, budget_duration: '1d' })
  const period = (): unknown => {
    const identity = opened.ledger.identify([text])
    assert.ok(identity?.role === 'key')
    const { budget_started_at, budget_reset_at } = identity.key
    assert.deepEqual({ budget_started_at, budget_reset_at }, periodOf(identity.key, opened.clock))
    return [budget_started_at, budget_reset_at]
  }
  const midnight = Date.parse('2026-11-21T00:00:00Z')
  const day = 86_400_000
  assert.deepEqual(period(), [NOW, midnight + day])
  opened.clock = midnight + 5 * day + 7
  assert.deepEqual(period(), [midnight + 5 * day, midnight + 6 * day])
})

test('records that cannot be read are left out, and named', async () => {
  const good = newKey({}, NOW).key
  const { ledger, warnings } = await open(
    testBooks([
      { kind: 'key', id: 'k1', body: '{' },
      { kind: 'key', id: 'k2', body: '[]' },
      { kind: 'key', id: 'k3', body: JSON.stringify({ ...good, models: [1] }) },
      { kind: 'key', id: 'k4', body: JSON.stringify({ ...good, rpm_limit: undefined }) },
      { kind: 'user', id: 'u1', body: 'null' },
      { kind: 'key', id: good.token, body: JSON.stringify(good) },
    ]),
  )
  assert.deepEqual(ledger.keys.list(), [good])
  assert.equal(ledger.users.size, 0)
  assert.deepEqual(
    warnings.map((entry) => (entry as { id: string }).id),
    ['k1', 'k2', 'k3', 'k4', 'u1'],
  )
})

test('a key of the configuration may call, until a configuration comes without it', async () => {
  const { ledger } = await open(testBooks(), { 'sk-fixed-and-long': { rpm: 5, alias: 'fixed' } })
  const identity = ledger.identify(['sk-other', 'sk-fixed-and-long'])
  assert.ok(identity?.role === 'key')
  assert.equal(identity.key.rpm_limit, 5)
  assert.deepEqual([identity.key.key_alias, identity.key.origin], ['fixed', 'configuration'])
  ledger.configure({})
  assert.equal(ledger.identify(['sk-fixed-and-long']), null)
})

test('an entry that is the alias of a key limits that one where it has no limits, and is no key', async () => {
  const { ledger } = await open(testBooks(), { agents: { rpm: 5, tpm: 6 } })
  assert.ok(ledger.knows('agents'))
  const text = await make(ledger, { key_alias: 'agents', tpm_limit: 1 })
  const identity = ledger.identify([text])
  assert.ok(identity?.role === 'key')
  assert.deepEqual([identity.key.rpm_limit, identity.key.tpm_limit], [5, 1])
  assert.equal(ledger.identify(['agents']), null)
})
