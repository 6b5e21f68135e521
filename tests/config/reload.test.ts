import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, loadConfigText, restartKeys } from '../../src/config/index.ts'

test('a text is read as a file is, with environment and flags over it', () => {
  const text = 'port: 1\nhost: ${H}\nworkers: ["http://a/v1"]\nlog_level: INFO\n'
  const config = loadConfigText(text, {
    env: { H: 'h', SLUICE_PORT: '2' },
    flags: { project: 'p' },
    cwd: '/somewhere',
  })
  const { host, port, project, log_level: level, store, upstreams } = config
  assert.deepEqual([host, port, project, level], ['h', 2, 'p', 'info'])
  assert.equal(store.path, '/somewhere/data/traces.db')
  assert.equal(upstreams[0]?.url, 'http://a/v1')
})

test('what is wrong with it is told as config_yaml with line and column', () => {
  const read = (text: string) => () => loadConfigText(text, { env: {} })
  assert.throws(read('host: a\nport: eighty\n'), /config_yaml:2:7 port must be integer/)
  assert.throws(read('host: [\n'), /config_yaml:2:1 /)
  assert.throws(read('a'), /config_yaml:1:1 the file must hold keys and values/)
})

test('a text that refers to no file gives the defaults when it is empty', () => {
  assert.deepEqual(loadConfigText('', { env: {} }), checkConfig({}))
})

test('a change of what a running gateway can take over asks for no restart', () => {
  const after = checkConfig({
    upstreams: [{ url: 'http://a' }],
    model: 'm',
    project: 'p',
    admin_token: 't',
  })
  assert.deepEqual(restartKeys(checkConfig({}), after), [])
  assert.deepEqual(restartKeys(after, checkConfig({})), [])
})

test('every other key that differs is named, also one that came or went', () => {
  const before = checkConfig({ port: 1, metadata_header: 'x-a' })
  const after = checkConfig({
    port: 2,
    log_level: 'info',
    timeouts: { grace_ms: 1 },
    upstreams: [{ url: 'http://a' }],
    plugins: ['tracing'],
  })
  const keys = ['log_level', 'metadata_header', 'plugins', 'port', 'timeouts']
  assert.deepEqual(restartKeys(before, after), keys)
  assert.deepEqual(restartKeys(after, before), keys)
  assert.deepEqual(restartKeys(before, before), [])
})
