import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { describe, test } from 'node:test'
import { loadConfig, type Config, type Flags } from '../../src/config/index.ts'
import { fault, loaded } from './written.ts'

const FILE = `
host: from-file
port: 1
log_level: trace
state_dir: /file
model: file-model
project: file-project
admin_token: file-token
store: {kind: sqlite, path: /file.db, synchronous: normal}
upstreams: [{url: "http://file/v1"}]
`

/** What each setting is in a configuration, under the name that flags and variables have for it. */
const SETTINGS: Readonly<Record<string, (config: Config) => unknown>> = {
  host: (config) => config.host,
  port: (config) => config.port,
  log_level: (config) => config.log_level,
  state_dir: (config) => config.state_dir,
  store: (config) => config.store.kind,
  db_path: (config) => config.store.path,
  model: (config) => config.model,
  project: (config) => config.project,
  admin_token: (config) => config.admin_token,
  workers: (config) => config.upstreams.map(({ url }) => url),
}

const VALUES: readonly (readonly [key: string, text: string, value: unknown])[] = [
  ['host', 'h', 'h'],
  ['port', '2', 2],
  ['log_level', 'ERROR', 'error'],
  ['state_dir', '/x', '/x'],
  ['store', 'memory', 'memory'],
  ['db_path', '/x.db', '/x.db'],
  ['model', 'm', 'm'],
  ['project', 'p', 'p'],
  ['admin_token', 't', 't'],
  ['workers', 'http://a/v1, http://b/v1', ['http://a/v1', 'http://b/v1']],
]

const SHARED = ['host', 'port', 'log_level', 'store', 'db_path']

describe('each setting of the environment goes before the file', () => {
  for (const [key, text, value] of VALUES) {
    test(`SLUICE_${key.toUpperCase()}`, (t) => {
      const config = loaded(t, FILE, { env: { [`SLUICE_${key.toUpperCase()}`]: text } })
      assert.deepEqual(SETTINGS[key]?.(config), value)
      // And nothing else.
      const untouched = loaded(t, FILE)
      for (const [other, read] of Object.entries(SETTINGS)) {
        if (other !== key) assert.deepEqual(read(config), read(untouched), other)
      }
      assert.equal(config.store.synchronous, 'normal')
    })
  }

  for (const [key, text, value] of VALUES.filter(([name]) => SHARED.includes(name))) {
    const name = `RLLM_GATEWAY_${key.toUpperCase()}`
    test(`${name}, which gives way to its SLUICE_ namesake`, (t) => {
      const config = loaded(t, FILE, { env: { [name]: text } })
      assert.deepEqual(SETTINGS[key]?.(config), value)
      const both = { [name]: 'ignored', [`SLUICE_${key.toUpperCase()}`]: text }
      assert.deepEqual(SETTINGS[key]?.(loaded(t, FILE, { env: both })), value)
    })
  }

  test('an empty variable counts as not set', (t) => {
    const env = Object.fromEntries(
      VALUES.flatMap(([key]) => [
        [`SLUICE_${key.toUpperCase()}`, ''],
        [`RLLM_GATEWAY_${key.toUpperCase()}`, ''],
      ]),
    )
    assert.deepEqual(loaded(t, FILE, { env }), loaded(t, FILE))
    assert.equal(loadConfig({ env: { SLUICE_PORT: '', RLLM_GATEWAY_PORT: '7' } }).port, 7)
  })
})

describe('each flag goes before the environment', () => {
  for (const [key, , value] of VALUES) {
    test(key, (t) => {
      const env = Object.fromEntries(
        VALUES.map(([name]) => [`SLUICE_${name.toUpperCase()}`, OTHERS[name]]),
      )
      const flags: Flags = { [key]: value }
      assert.deepEqual(SETTINGS[key]?.(loaded(t, FILE, { env, flags })), value)
    })
  }
})

const OTHERS: Readonly<Record<string, string>> = {
  host: 'other',
  port: '3',
  log_level: 'info',
  state_dir: '/other',
  store: 'sqlite',
  db_path: '/other.db',
  model: 'other',
  project: 'other',
  admin_token: 'other',
  workers: 'http://other/v1',
}

describe('log levels', () => {
  const levels = { INFO: 'info', Warning: 'warn', CRITICAL: 'error', Debug: 'debug', warn: 'warn' }
  for (const [written, level] of Object.entries(levels)) {
    test(`${written} is understood in file, environment and flag`, (t) => {
      assert.equal(loaded(t, `log_level: ${written}`).log_level, level)
      assert.equal(loadConfig({ env: { SLUICE_LOG_LEVEL: written } }).log_level, level)
      assert.equal(loadConfig({ env: {}, flags: { log_level: written } }).log_level, level)
    })
  }

  test('another word is refused with its place', (t) => {
    assert.match(fault(t, 'log_level: constructor'), /log_level must be equal to one of/)
    assert.match(fault(t, 'port: 1\nlog_level: loud'), /gateway\.yaml:2:12 log_level .+: trace, /)
  })
})

test('a wrong value is told with the flag or variable it came from, not with a place in the file', (t) => {
  const said = fault(t, FILE, { flags: { workers: ['http://a/v1', 'localhost'] } })
  assert.match(said, /: --worker upstreams\.1\.url must match pattern/)
  assert.match(fault(t, FILE, { flags: { log_level: 'loud' } }), /: --log-level log_level must/)
  assert.match(fault(t, FILE, { env: { RLLM_GATEWAY_STORE: 'redis' } }), /: RLLM_GATEWAY_STORE /)
  assert.match(fault(t, FILE, { env: { RLLM_GATEWAY_PORT: 'x' } }), /RLLM_GATEWAY_PORT must be a/)
  assert.match(fault(t, FILE, { flags: { admin_token: '' } }), /--admin-token admin_token must NOT/)
})

test('a path in a worker URL is its API path, unless it ends in /v1', () => {
  const flags = { workers: ['http://h:1', 'http://h:1/v1', 'http://h:1/api/', 'http://h:1/x/v1'] }
  assert.deepEqual(
    loadConfig({ env: {}, flags }).upstreams.map(({ url, api_path: path }) => [url, path]),
    [
      ['http://h:1', undefined],
      ['http://h:1/v1', undefined],
      ['http://h:1', '/api'],
      ['http://h:1/x/v1', undefined],
    ],
  )
})

test('a ~ in the path of the database is the home folder', () => {
  const { store } = loadConfig({ env: { RLLM_GATEWAY_DB_PATH: '~/x.db' } })
  assert.equal(store.path, `${homedir()}/x.db`)
})
