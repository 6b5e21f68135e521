import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import {
  discover,
  loadPlugins,
  shareOwnPackage,
  type HostParts,
  type PluginEntry,
} from '../../src/host/index.ts'
import { failToStart, folderWith } from './plugin-folder.ts'

interface BrokenPlugin {
  readonly what: string
  readonly files?: Readonly<Record<string, string>>
  readonly plugins?: readonly (string | PluginEntry)[] | 'auto'
  /** The one line that says which plugin it is, what is wrong and how to mend it. */
  readonly says: readonly RegExp[]
  /** Also tried with the real binary, which takes a second each. */
  readonly binary?: true
}

const IMPORT = `import { definePlugin } from 'sluice/plugin'\n`
const good = (name: string): string => plugin(`name: '${name}', setup: () => ({})`)

function plugin(fields: string): string {
  return `${IMPORT}export default definePlugin({ ${fields} })\n`
}

function hooks(source: string): Readonly<Record<string, string>> {
  return { 'mine.ts': plugin(`name: 'mine', setup: () => (${source})`) }
}

const SETTINGS = `name: 'mine', config: { type: 'object', properties: { greeting: { type: 'string' }, loud: { enum: ['yes', 'no'] } } }, setup: () => ({})`

const BROKEN: readonly BrokenPlugin[] = [
  {
    what: 'a syntax error',
    binary: true,
    files: { 'mine.ts': `${IMPORT}\nexport default definePlugin({ name: 'mine', setup( }\n` },
    says: [/mine\.ts/, /SyntaxError/, /line 3/, /mend the file or take it off/],
  },
  {
    what: 'an enum, which type stripping cannot run',
    files: { 'mine.ts': `enum Mode { a }\n${good('mine')}` },
    says: [/mine\.ts/, /enum/, /use `as const` objects/],
  },
  {
    what: 'no default export',
    files: {
      'mine.ts': `${IMPORT}export const mine = definePlugin({ name: 'mine', setup: () => ({}) })`,
    },
    says: [/mine\.ts/, /no default export/, /export default definePlugin/],
  },
  {
    what: 'a default export that is no plugin',
    files: { 'mine.ts': 'export default { name: "mine" }' },
    says: [/mine\.ts/, /no `setup` function/],
  },
  {
    what: 'a name nobody can write',
    files: { 'mine.ts': good('my plugin!') },
    says: [/mine\.ts/, /its `name` must be letters/],
  },
  {
    what: 'a hook that does not exist',
    binary: true,
    files: hooks('{ parms: () => {} }'),
    says: [/mine/, /no hook "parms"; did you mean "params"\?/],
  },
  {
    what: 'a hook that is no function',
    files: hooks('{ params: 5 }'),
    says: [/mine/, /"params" is not a function/],
  },
  {
    what: 'an asynchronous tap',
    files: hooks('{ async stream() {} }'),
    says: [/mine/, /"stream" cannot be async/],
  },
  {
    what: 'an asynchronous headers hook',
    files: hooks('{ headers: async () => ({}) }'),
    says: [/mine/, /"headers" cannot be async/],
  },
  {
    what: 'no hooks at all',
    files: hooks('undefined'),
    says: [/mine/, /setup must return an object of hooks/],
  },
  {
    what: 'an unknown setting',
    files: { 'mine.ts': plugin(SETTINGS) },
    plugins: [{ use: 'mine', config: { greting: 'x' } }],
    says: [/plugins\[0\] mine/, /"greting"; did you mean "greeting"\?/],
  },
  {
    what: 'a setting of the wrong type',
    binary: true,
    files: { 'mine.ts': plugin(SETTINGS) },
    plugins: [{ use: 'mine', config: { greeting: 5 } }],
    says: [/plugins\[0\] mine/, /config\.greeting must be string/],
  },
  {
    what: 'a setting that is none of the choices',
    files: { 'mine.ts': plugin(SETTINGS) },
    plugins: [{ use: 'mine', config: { loud: 'maybe' } }],
    says: [/config\.loud/, /yes, no/],
  },
  {
    what: 'settings for a plugin that has none',
    files: { 'mine.ts': good('mine') },
    plugins: [{ use: 'mine', config: { a: 1 } }],
    says: [/plugins\[0\] mine/, /"a"/],
  },
  {
    what: 'a schema that is none',
    files: {
      'mine.ts': plugin(
        `name: 'mine', config: { type: 'object', properties: { a: { type: 'text' } } }, setup: () => ({})`,
      ),
    },
    says: [/mine/, /its config schema is not valid/],
  },
  {
    what: 'two plugins of one name',
    binary: true,
    files: { 'one.ts': good('same'), 'two.ts': good('same') },
    plugins: ['one', 'two'],
    says: [/plugins\[1\]/, /the name "same" is taken; give one of the two `as: another-name`/],
  },
  {
    what: 'one plugin twice',
    files: { 'mine.ts': good('mine') },
    plugins: ['mine', 'mine'],
    says: [/"mine" is taken/],
  },
  {
    what: 'a name that is misspelt',
    plugins: ['loprob-extraction'],
    says: [/"loprob-extraction" was not found/, /did you mean "logprob-extraction"\?/],
  },
  {
    what: 'a file that is not there',
    binary: true,
    plugins: ['./plugins/nope.ts'],
    says: [/no file .*plugins\/nope\.ts/],
  },
  {
    what: 'a package that is not there',
    files: { 'mine.ts': `import 'no-such-package'\n${good('mine')}` },
    says: [/mine\.ts/, /no-such-package/, /install it beside the plugin/],
  },
  {
    what: 'an import without its extension',
    files: { 'mine.ts': `import './helper'\n${good('mine')}`, 'helper.ts': '' },
    plugins: ['mine'],
    says: [/mine\.ts/, /with its extension/],
  },
  {
    what: 'a file that throws when it is loaded',
    files: { 'mine.ts': `throw new Error('no luck\\nat all')` },
    says: [/mine\.ts/, /loading failed: Error: no luck/],
  },
  ...['new Error("no network")', '"two\\nlines"', 'null', 'Object.create(null)'].map((thrown) => ({
    what: `a setup that throws ${thrown}`,
    files: { 'mine.ts': plugin(`name: 'mine', setup() { throw ${thrown} }`) },
    says: [/plugins\[0\] mine: setup failed/],
  })),
  {
    what: 'a setup that rejects',
    files: { 'mine.ts': plugin(`name: 'mine', setup: async () => { throw new TypeError('no') }`) },
    says: [/plugins\[0\] mine: setup failed: TypeError: no/],
  },
  {
    what: 'a ready hook that throws',
    binary: true,
    files: hooks(`{ ready() { throw new Error('not today') } }`),
    says: [/mine/, /ready/],
  },
  {
    what: 'anything broken that was merely dropped into the folder',
    files: { 'mine.ts': 'export default 5' },
    plugins: 'auto',
    says: [/mine/, /default export/],
  },
]

describe('plugins that stop the start', () => {
  const doors = shareOwnPackage()
  after(() => doors[Symbol.dispose]())

  for (const { what, files = {}, plugins = ['mine'], says } of BROKEN) {
    test(`${what}: one line that says which plugin and how to mend it`, async (t) => {
      const dir = folderWith(t, files)
      const places = { folder: join(dir, 'plugins'), base: dir }
      const start = async (): Promise<void> => {
        const entries = plugins === 'auto' ? discover(places) : plugins.map(entryOf)
        await (await loadPlugins(entries, { ...PARTS, places })).ready()
      }
      await assert.rejects(start, (error: Error) => {
        assert.ok(error instanceof GatewayError)
        assert.match(error.message, /^[^\n]+$/, 'one line')
        for (const part of says) assert.match(error.message, part)
        return true
      })
    })
  }
})

describe('plugins that stop the real binary', { concurrency: 2 }, () => {
  for (const { what, files = {}, plugins = ['mine'], says } of BROKEN.filter((one) => one.binary)) {
    test(`${what}: exit code 1, nothing on stdout and one line on stderr`, async (t) => {
      const { code, stdout, stderr } = await failToStart(folderWith(t, files), plugins)
      assert.equal(stdout, '', 'nothing pretends to have started')
      assert.equal(code, 1, stderr)
      assert.match(stderr, /^sluice: [^\n]+\n$/, 'one line')
      for (const part of says) assert.match(stderr, part)
    })
  }
})

const silent = (): void => {}
const PARTS: Omit<HostParts, 'places'> = {
  signal: new AbortController().signal,
  traces: { begin: async () => {}, save: async () => {} },
  logFor: () => ({ debug: silent, info: silent, warn: silent, error: silent }),
  memoryFor: () => ({ get: () => undefined, set: async () => {} }),
}

function entryOf(entry: string | PluginEntry): PluginEntry {
  return typeof entry === 'string' ? { use: entry } : entry
}
