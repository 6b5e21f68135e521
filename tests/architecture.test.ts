import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Which room may import which; a room may always import itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  util: ['errors'],
  plugin: ['errors'],
  config: ['errors', 'plugin', 'util'],
  wire: ['errors', 'plugin'],
  upstream: ['errors', 'util', 'plugin', 'wire'],
  trace: ['errors', 'util', 'plugin', 'wire'],
  metrics: ['errors', 'util', 'plugin', 'trace'],
  ledger: ['errors', 'util', 'plugin', 'trace', 'shared'],
  shared: ['errors', 'util', 'plugin'],
  host: ['errors', 'util', 'plugin'],
  client: ['plugin'],
  simulator: ['wire'],
  stages: [
    'errors',
    'util',
    'plugin',
    'wire',
    'upstream',
    'trace',
    'metrics',
    'ledger',
    'shared',
    'host',
    'client',
  ],
  admin: [
    'errors',
    'util',
    'plugin',
    'wire',
    'trace',
    'metrics',
    'upstream',
    'ledger',
    'shared',
    'host',
    'stages',
  ],
  testing: ['errors', 'util', 'plugin', 'wire', 'upstream', 'trace', 'shared', 'host', 'stages'],
  app: [
    'errors',
    'util',
    'plugin',
    'config',
    'wire',
    'upstream',
    'trace',
    'metrics',
    'ledger',
    'shared',
    'host',
    'stages',
    'admin',
  ],
  cli: ['errors', 'util', 'plugin', 'app', 'config', 'client', 'simulator', 'trace', 'wire'],
}

const sources = globSync('{src,plugins}/**/*.ts', { cwd: root }).toSorted()
const read = (file: string): string => readFileSync(resolve(root, file), 'utf8')
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/^(?:import|export)\s(?:[^'"]*?from\s+)?['"]([^'"]+)['"]/gm)].map(
    (match) => match[1] ?? '',
  )

function roomOf(file: string): string {
  const [, room = '', inner] = file.split('/')
  return inner === undefined ? 'index' : room
}

test('every room imports only the rooms it may', () => {
  const faults: string[] = []
  for (const file of sources.filter((name) => name.startsWith('src/'))) {
    const room = roomOf(file)
    if (room === 'index') continue
    const allowed = ROOMS[room]
    assert.ok(allowed, `${file} lies in a room that the table does not know`)
    for (const target of importsOf(file).filter((name) => name.startsWith('.'))) {
      const other = roomOf(relative(root, resolve(root, dirname(file), target)))
      if (other !== room && !allowed.includes(other)) faults.push(`${file} imports ${other}`)
    }
  }
  assert.deepEqual(faults, [])
})

test('plugins use the public door only', () => {
  const faults = sources
    .filter((file) => file.startsWith('plugins/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('../..') || name.includes('/src/'))
        .map((name) => `${file} imports ${name}`),
    )
  assert.deepEqual(faults, [])
})

test('no third-party type leaks out of the public plugin door', () => {
  const faults = sources
    .filter((file) => file.startsWith('src/plugin/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => !name.startsWith('.'))
        .map((name) => `${file} imports ${name}`),
    )
  assert.deepEqual(faults, [])
})

test('wire has no network, no clock and no Koa', () => {
  const faults = sources
    .filter((file) => file.startsWith('src/wire/'))
    .filter((file) =>
      /['"](node:(net|http|https|tls|dns|fs)|koa|undici|got)['"]|Date\.now|performance\.now|setTimeout/.test(
        read(file),
      ),
    )
  assert.deepEqual(faults, [])
})

test('the environment is read where configuration is loaded, and nowhere else', () => {
  const faults = sources.filter(
    (file) => !file.startsWith('src/config/') && read(file).includes('process.env'),
  )
  assert.deepEqual(faults, [])
})

test('nothing is typed any, and console is for the command line', () => {
  const faults = sources.filter((file) => {
    const code = read(file)
    return (
      /:\s*any\b|\bas any\b|<any>/.test(code) ||
      (!file.startsWith('src/cli/') && /\bconsole\./.test(code))
    )
  })
  assert.deepEqual(faults, [])
})

test('no file is longer than 250 lines', () => {
  const long = sources.filter((file) => read(file).split('\n').length > 251)
  assert.deepEqual(long, [])
})

test('no module keeps mutable state', () => {
  const faults = sources.flatMap((file) =>
    [
      ...read(file).matchAll(
        /^(?:export )?(?:let|var) .*|^(?:export )?const \w+(?:: [^=]+)? = new (?:Map|Set|WeakMap)\(\).*/gm,
      ),
    ].map((match) => `${file}: ${match[0]}`),
  )
  assert.deepEqual(faults, [])
})

test('the lockfile holds no download addresses', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/)
})
