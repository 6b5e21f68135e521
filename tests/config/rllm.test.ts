import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { describe, test } from 'node:test'
import { checkConfig, loadConfigText, type Config } from '../../src/config/index.ts'
import { fault, loaded } from './written.ts'

/** The settings of parameter-injection, wherever they stand in the list. */
function injection({ plugins }: Config): unknown {
  if (plugins === 'auto') return undefined
  const entry = plugins.find((one) => typeof one !== 'string' && one.use === 'parameter-injection')
  return typeof entry === 'object' ? entry.config : undefined
}

const DOCUMENTED = `
host: "0.0.0.0"
port: 9090
db_path: "~/.rllm/gateway.db"

workers:
  - url: "http://vllm-0:8000/v1"
    model_name: "Qwen/Qwen2.5-7B-Instruct"
  - url: "http://vllm-1:8000/v1"
    model_name: "Qwen/Qwen2.5-7B-Instruct"
`

test('the documented file of the rLLM gateway loads as it is', (t) => {
  const config = loaded(t, DOCUMENTED)
  assert.deepEqual([config.host, config.port], ['0.0.0.0', 9090])
  assert.equal(config.store.path, `${homedir()}/.rllm/gateway.db`)
  assert.deepEqual(
    config.upstreams.map(({ url, model_name: model }) => [url, model]),
    [
      ['http://vllm-0:8000/v1', 'Qwen/Qwen2.5-7B-Instruct'],
      ['http://vllm-1:8000/v1', 'Qwen/Qwen2.5-7B-Instruct'],
    ],
  )
  assert.deepEqual(injection(config), { strip: 'vllm' })
})

test('every key of theirs is read, with all of them in one file', (t) => {
  const config = loaded(
    t,
    `
host: 127.0.0.1
port: 8123
workers:
  - http://a:1/v1
  - {url: "http://b:2", worker_id: w-b, api_path: /api, model_name: m, weight: 3}
db_path: /tmp/x.db
store_worker: memory
add_logprobs: false
add_return_token_ids: false
strip_vllm_fields: false
routing_policy: null
health_check_interval: 2.5
log_level: WARNING
sync_traces: false
model: pinned
cumulative_token_mode: false
renderer_family: auto
`,
  )
  const expected = checkConfig({
    port: 8123,
    upstreams: [
      { url: 'http://a:1/v1' },
      { url: 'http://b:2', worker_id: 'w-b', api_path: '/api', model_name: 'm', weight: 3 },
    ],
    store: { kind: 'memory', path: '/tmp/x.db' },
    health: { interval_ms: 2500 },
    model: 'pinned',
    plugins: [
      'tracing',
      {
        use: 'parameter-injection',
        config: { logprobs: 'off', tokenIds: 'off', strip: 'none' },
      },
      'logprob-extraction',
      'stream-accumulator',
    ],
  })
  assert.deepEqual(config, expected)
})

test('what Python writes as None counts as not set, in the file and in a worker', (t) => {
  const nothing = 'model: null\nworkers: null\ndb_path:\nstore: ~\nhealth_check_interval: null\n'
  const config = loaded(t, `${nothing}strip_vllm_fields: null\nplugins: auto\n`)
  assert.deepEqual(config, checkConfig({ plugins: 'auto' }))
  assert.equal(loaded(t, 'model: null').model, undefined)
  const [worker] = loaded(t, 'workers: [{url: "http://a/v1", worker_id: null}]').upstreams
  assert.equal(worker?.worker_id, undefined)
})

test('a null where only our own keys stand is still an error: no key is lost by a slip', (t) => {
  assert.match(fault(t, 'workers: []\nadmin_token:\n'), /gateway\.yaml:2:\d+ admin_token must be/)
})

test('the store may be a plain word', (t) => {
  assert.equal(loaded(t, 'store: memory').store.kind, 'memory')
  assert.match(fault(t, 'port: 1\nstore: redis'), /gateway\.yaml:2:8 store must be .+: sqlite, me/)
})

test('keys of ours and of theirs work in one file, and workers join the upstreams', (t) => {
  const config = loaded(
    t,
    `
upstreams: [{url: "http://a/v1", kind: vllm}]
workers: ["http://b/v1"]
store: {synchronous: normal}
store_worker: sqlite
db_path: /x.db
health: {timeout_ms: 7}
health_check_interval: 0
`,
  )
  assert.deepEqual(
    config.upstreams.map(({ url, kind }) => [url, kind]),
    [
      ['http://a/v1', 'vllm'],
      ['http://b/v1', 'auto'],
    ],
  )
  const { kind, path, synchronous } = config.store
  assert.deepEqual([kind, path, synchronous], ['sqlite', '/x.db', 'normal'])
  assert.deepEqual([config.health.timeout_ms, config.health.interval_ms], [7, 0])
})

describe('the settings of parameter-injection', () => {
  const cases: readonly (readonly [text: string, settings: unknown])[] = [
    ['add_logprobs: true', { strip: 'vllm' }],
    ['add_logprobs: false', { logprobs: 'off', strip: 'vllm' }],
    ['add_logprobs: no', { logprobs: 'off', strip: 'vllm' }],
    ['add_return_token_ids: true', { strip: 'vllm' }],
    ['add_return_token_ids: false', { tokenIds: 'off', strip: 'vllm' }],
    ['strip_vllm_fields: true', { strip: 'vllm' }],
    ['strip_vllm_fields: false', { strip: 'none' }],
    ['port: 1', undefined],
    ['db_path: x', { strip: 'vllm' }],
    // The entry's own word goes before what rLLM would do by default.
    [
      'workers: []\nplugins: [{use: parameter-injection, config: {strip: none}}]',
      { strip: 'none' },
    ],
    // Not to turn it off is not to ask for less than an entry does.
    [
      'add_logprobs: true\nplugins: [{use: parameter-injection, config: {logprobs: on}}]',
      { logprobs: 'on', strip: 'vllm' },
    ],
  ]
  for (const [text, settings] of cases) {
    test(`${text.replace('\n', ', ')} gives ${JSON.stringify(settings)}`, (t) => {
      assert.deepEqual(injection(loaded(t, text)), settings)
    })
  }

  test('keep the rest of an entry as it is', (t) => {
    const text = 'workers: []\nplugins: [{use: parameter-injection, as: p, config: {usage: off}}]'
    assert.deepEqual(loaded(t, text).plugins, [
      { use: 'parameter-injection', as: 'p', config: { usage: 'off', strip: 'vllm' } },
    ])
  })

  test('are an error without the plugin, if they ask for more than nothing', (t) => {
    const without = 'plugins: [tracing]\n'
    assert.deepEqual(loaded(t, `${without}workers: []`).plugins, ['tracing'])
    assert.deepEqual(loaded(t, `${without}add_logprobs: true`).plugins, ['tracing'])
    for (const key of ['add_logprobs: false', 'strip_vllm_fields: true']) {
      const name = key.split(':')[0] ?? ''
      const place = new RegExp(`gateway\\.yaml:2:\\d+ ${name} needs the plugin parameter-injection`)
      assert.match(fault(t, without + key), place)
    }
    assert.match(fault(t, 'plugins: auto\nadd_logprobs: false'), /:2:15 add_logprobs needs the/)
  })

  test('must not say something else than the entry', (t) => {
    const text =
      'plugins:\n  - use: parameter-injection\n    config: {strip: none}\nstrip_vllm_fields: true\n'
    assert.match(
      fault(t, text),
      /gateway\.yaml:4:20 strip_vllm_fields contradicts `strip: "none"` .+gateway\.yaml:2:5\); keep/,
    )
  })
})

describe('what is refused, with its place', () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    [
      'port: 1\ncumulative_token_mode: true',
      /yaml:2:24 cumulative_token_mode asks .+not there yet/,
    ],
    ['renderer_family: qwen3', /yaml:1:18 renderer_family asks for cumulative token mode/],
    [
      'routing_policy: my.pkg:Policy',
      /yaml:1:17 routing_policy: "my\.pkg:Policy" .+`upstream` hook/,
    ],
    ['db_path: x\nstore: {path: y}', /yaml:1:10 db_path and store\.path \(gateway\.yaml:2:15\)/],
    [
      'store_worker: memory\nstore: {kind: sqlite}',
      /store_worker and store\.kind \(gateway\.yaml:2:/,
    ],
    [
      'store: memory\nstore_worker: sqlite',
      /yaml:2:15 store_worker and store \(gateway\.yaml:1:8\)/,
    ],
    ['health_check_interval: 1\nhealth: {interval_ms: 5}', /_interval and health\.interval_ms \(/],
    ['health_check_interval: soon', /yaml:1:24 health_check_interval must be a number of seconds/],
    ['store_worker: redis', /yaml:1:15 store_worker must be .+: sqlite, memory/],
    ['db_path: 5', /yaml:1:10 db_path must be string/],
    ['add_logprobs: maybe', /yaml:1:15 add_logprobs must be true or false/],
    ['workers: http://a/v1', /yaml:1:10 workers must be a list/],
    ['upstreams: [{url: "http://a"}]\nworkers: [{url: ftp://b}]', /yaml:2:17 workers\.0\.url must/],
    ['workers: [{url: "http://u:p@a/x"}]', /yaml:1:17 workers\.0\.url must not hold credentials/],
    [
      'workers:\n  - {url: "http://a", wegiht: 1}',
      /yaml:2:31 unknown key "workers\.0\.wegiht"; did you mean "weight/,
    ],
    ['workers: [5]', /yaml:1:11 workers\.0 must be object/],
    ['add_logprob: true', /unknown key "add_logprob"; did you mean "add_logprobs"\?/],
  ]
  for (const [text, message] of cases) {
    test(text.replaceAll('\n', ', '), (t) => assert.match(fault(t, text), message))
  }

  test('a text that is no file is called config_yaml', () => {
    assert.throws(
      () => loadConfigText('port: 1\nrouting_policy: a.b', { env: {} }),
      /config_yaml:2:17 routing_policy/,
    )
  })
})
