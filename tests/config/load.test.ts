import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkConfig, loadConfig } from '../../src/config/index.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import { fault, written } from './written.ts'

const file = (name: string): string =>
  fileURLToPath(new URL(`../../config/${name}`, import.meta.url))

test('the reference file says the defaults, every one of them', () => {
  assert.deepEqual(loadConfig({ file: file('gateway.reference.yaml'), env: {} }), checkConfig({}))
})

test('every key of the schema stands in the reference file, and every key there is known', () => {
  const text = readFileSync(file('gateway.reference.yaml'), 'utf8')
  const keys = new Set([...text.matchAll(/^[# ]*(?:- )?([a-zA-Z_]+):/gm)].map((match) => match[1]))
  const missing: string[] = []
  const walk = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties, items, anyOf } = schema as {
      properties?: object
      items?: unknown
      anyOf?: unknown[]
    }
    for (const [key, inner] of Object.entries(properties ?? {})) {
      if (!keys.has(key)) missing.push(key)
      walk(inner)
    }
    walk(items)
    for (const one of anyOf ?? []) walk(one)
  }
  walk(ConfigSchema)
  assert.deepEqual(missing, [])
})

test('the commented examples of the reference file are valid too', (t) => {
  const text = readFileSync(file('gateway.reference.yaml'), 'utf8')
  const uncommented = text
    .replace('upstreams: []', 'upstreams:')
    .replaceAll(/^#( {2,}.*)$/gm, '$1')
    .replace('# metadata_header', 'metadata_header')
    .replace('# redis:', 'redis:')
  const env = { VLLM_API_KEY: 'k', REDIS_PASSWORD: 'p' }
  const config = loadConfig({ file: written(t, uncommented), env })
  assert.equal(config.redis?.password, 'p')
  assert.equal(config.upstreams[0]?.api_key, 'k')
  assert.equal(config.upstreams.length, 2)
  assert.equal(config.metadata_header, 'x-call-metadata')
})

test('the shipped gateway.yaml names the simulator', () => {
  assert.deepEqual(
    loadConfig({ file: file('gateway.yaml'), env: {} }).upstreams[0]?.simulator?.models,
    ['sluice-sim'],
  )
})

test('the environment outranks the file and flags outrank both', (t) => {
  const path = written(t, 'port: 1\nhost: h1\nlog_level: info\n')
  const config = loadConfig({
    file: path,
    env: { SLUICE_PORT: '2', SLUICE_HOST: 'h2' },
    flags: { port: 3 },
  })
  assert.deepEqual([config.port, config.host, config.log_level], [3, 'h2', 'info'])
})

test('workers given on the command line replace the upstreams of the file', (t) => {
  const path = written(t, 'upstreams: [{url: "http://a/v1"}]')
  const config = loadConfig({
    file: path,
    env: {},
    flags: { workers: ['http://b/v1', 'http://c/v1'] },
  })
  assert.deepEqual(
    config.upstreams.map(({ url }) => url),
    ['http://b/v1', 'http://c/v1'],
  )
})

test('an unknown key is named with its line and the key that was probably meant', (t) => {
  assert.match(
    fault(t, 'port: 1\nstore:\n  synchronus: full\n'),
    /gateway\.yaml:\d+:\d+ unknown key "store\.synchronus"; did you mean "synchronous"\?/,
  )
})

test('a value of the wrong kind is named with its line', (t) => {
  assert.match(fault(t, 'host: a\nport: eighty\n'), /gateway\.yaml:2:7 port must be integer/)
})

test('a value that is none of the choices is told the choices', (t) => {
  assert.match(
    fault(t, 'store: {kind: mysql}'),
    /store\.kind must be equal to one of the allowed values: sqlite, memory/,
  )
})

test('broken YAML is told with line and column', (t) => {
  assert.match(fault(t, 'a: [1\nb: 2'), /gateway\.yaml:\d+:\d+/)
})

test('a key that stands twice is an error', (t) => {
  assert.match(fault(t, 'port: 1\nport: 2'), /unique/)
})

test('an environment variable that is not set is named with the key that wants it', (t) => {
  assert.match(
    fault(t, 'upstreams: [{url: "http://a/v1", api_key: "${NO_SUCH}"}]'),
    /upstreams\.0\.api_key: the environment variable NO_SUCH is not set/,
  )
})

test('${NAME}, ${NAME:-default}, os.environ/NAME and $${ are resolved', (t) => {
  const path = written(
    t,
    'upstreams: [{url: "http://${H:-a}/v1", api_key: os.environ/K, headers: {x: "$${y}"}}]',
  )
  const [upstream] = loadConfig({ file: path, env: { K: 'secret' } }).upstreams
  assert.deepEqual(
    [upstream?.url, upstream?.api_key, upstream?.headers],
    ['http://a/v1', 'secret', { x: '${y}' }],
  )
})

for (const [name, url, why] of [
  ['no URL at all', 'http://', /is no URL|pattern/],
  ['credentials in a URL', 'http://user:pass@h/v1', /credentials/],
  ['another scheme', 'ftp://h/v1', /upstreams\.0\.url must begin with http:\/\/ or/],
  ['a query', 'http://h/v1?x=1', /query/],
] as const) {
  test(`an upstream with ${name} is refused`, (t) => {
    assert.match(fault(t, `upstreams: [{url: "${url}"}]`), why)
  })
}

test('an upstream that is neither a URL nor a simulator is refused', (t) => {
  assert.match(fault(t, 'upstreams: [{name: x}]'), /needs either a url or a simulator/)
})

test('a port that is no port is refused wherever it comes from', () => {
  assert.throws(() => loadConfig({ env: { SLUICE_PORT: 'x' } }), /SLUICE_PORT must be a port/)
})

test('a checked configuration cannot be changed', () => {
  assert.ok(Object.isFrozen(checkConfig({}).store))
})
