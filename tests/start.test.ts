import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Trace } from 'sluice/plugin'
import { widthOf } from '../src/cli/text.ts'
import { serve, sluice, type Place, type Served } from './support/cli.ts'
import { hasCurl } from './support/has-curl.ts'
import { createScope } from './support/scope.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ASK = { model: 'sluice-sim', messages: [{ role: 'user', content: 'Hi' }] }

/** A folder with the configuration that `npm start` runs. */
function freshFolder(t: { after(undo: () => unknown): void }): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-start-'))
  cpSync(join(ROOT, 'config'), join(cwd, 'config'), { recursive: true })
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  return { cwd, env: { SLUICE_PORT: '0' } }
}

const START = ['serve', '--config', 'config/gateway.yaml'] as const

function ask(baseUrl: string, more: object = {}, headers: Record<string, string> = {}) {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...ASK, ...more }),
  })
}

async function tracesOf(url: string, session: string): Promise<readonly Trace[]> {
  return (await (await fetch(`${url}/sessions/${session}/traces`)).json()) as readonly Trace[]
}

function assertNarrow(text: string): void {
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 80, `wider than 80: ${line}`)
}

describe('the start-up screen', () => {
  const scope = createScope()
  let place: Place
  let gateway: Served
  before(async () => {
    place = freshFolder(scope)
    gateway = await serve(scope, place, ...START)
  })
  after(() => scope.close())

  /** The lines under `Try it` as a shell reads them. */
  const commands = (): readonly string[] => {
    const [, block = ''] = /Try it\n((?: {4}.*\n)+)/.exec(gateway.screen) ?? []
    return block
      .replaceAll('\\\n', ' ')
      .trim()
      .split('\n')
      .map((line) => line.trim())
  }

  test('fits 80 columns and has no trailing spaces', () => {
    assertNarrow(gateway.screen)
    assert.doesNotMatch(gateway.screen, / \n/)
  })

  test('says where to call, where the traces are, what answers and what to change', () => {
    assert.match(gateway.screen, /base URL +http:\/\/127\.0\.0\.1:\d+\/v1\n/)
    assert.match(gateway.screen, /traces +\.\/data\/traces\.db \(survives a power cut\)\n/)
    assert.match(gateway.screen, /upstreams +simulator \(built in: .*no samples of a model\)\n/)
    assert.match(gateway.screen, /--worker http:\/\/your-vllm:8000\/v1\n/)
    assert.match(gateway.screen, /in config\/gateway\.yaml, in place of `simulator`:\n/)
  })

  test('its slug URL puts a call into the session it names', async () => {
    const [, base = ''] = /^ +(http:\S+\/meta\/\S+\/v1)$/m.exec(gateway.screen) ?? []
    assert.equal((await ask(base)).status, 200)
    assert.equal((await tracesOf(gateway.url, 'hello')).length, 1)
  })

  test(
    'its curl line works as it stands',
    { skip: !hasCurl() && 'curl is not installed, so its line was NOT tried' },
    async () => {
      const [curl = ''] = commands()
      assert.match(curl, /^curl /)
      const { stdout } = await promisify(execFile)('sh', ['-c', curl])
      const reply = JSON.parse(stdout) as { choices: { message: { content: string } }[] }
      assert.notEqual(reply.choices[0]?.message.content, '')
    },
  )

  test('its npm line lists the call', async () => {
    await ask(`${gateway.url}/sessions/hello/v1`)
    const [, npm = ''] = commands()
    assert.match(npm, /^npm run -s --prefix \S+ sluice -- /)
    const { stdout } = await promisify(execFile)('sh', ['-c', npm], { cwd: ROOT })
    assert.match(stdout, /^hello +1 +complete /m)
    assertNarrow(stdout)
  })
})

describe('stopping', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} lets a running stream end whole, exits 0, and the traces outlive it`, async (t) => {
      const place = freshFolder(t)
      const gateway = await serve(t, place, ...START)
      const slow = { 'x-sim-tps': '60', 'x-sim-tokens': '30' }
      const reply = await ask(`${gateway.url}/sessions/drained/v1`, { stream: true }, slow)
      const reader = (reply.body ?? assert.fail()).pipeThrough(new TextDecoderStream()).getReader()
      let text = (await reader.read()).value ?? ''
      const stopped = gateway.stop(signal)
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        text += piece.value
      }
      assert.match(text, /data: \[DONE\]\n\n$/)
      assert.equal(await stopped, 0)
      assert.match(gateway.errors(), /^\n {2}stopping; .+\n$/)

      const again = await serve(t, place, ...START)
      const [trace] = await tracesOf(again.url, 'drained')
      assert.deepEqual([trace?.status, trace?.completion_token_ids.length], ['complete', 30])
      await ask(`${again.url}/sessions/drained/v1`)
      assert.deepEqual(
        (await tracesOf(again.url, 'drained')).map(({ seq }) => seq),
        [1, 2],
      )
    })
  }
})

describe('what does not start, or starts without a model', () => {
  const oneLine = async (place: Place, message: RegExp, ...args: string[]): Promise<void> => {
    const { out, err, code } = await sluice(place, ...args)
    assert.deepEqual([out, code], ['', 1])
    assert.match(err, message)
    assert.match(err, /^sluice: [^\n]+\n$/)
  }

  test('a bare sluice says on its screen and in every answer that it has no upstream', async (t) => {
    const gateway = await serve(t, freshFolder(t))
    assertNarrow(gateway.screen)
    assert.match(gateway.screen, /upstreams +none: calls are answered with a 503\n/)
    assert.doesNotMatch(gateway.screen, /curl/)
    const reply = await ask(`${gateway.url}/v1`)
    assert.equal(reply.status, 503)
    const { error } = (await reply.json()) as { error: { code: string; message: string } }
    assert.equal(error.code, 'no_upstream')
    assert.match(error.message, /upstreams.+--worker http/)
  })

  test('a port in use and a database in use are each told in one line', async (t) => {
    const place = freshFolder(t)
    const gateway = await serve(t, place, ...START)
    const { port } = new URL(gateway.url)
    const inUse = new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .+ --port`)
    await oneLine(place, inUse, '--port', port, '--db-path', 'other.db')
    await oneLine(place, /traces\.db: another gateway has it open \(process \d+\)/)
    // Neither attempt has harmed the one that runs.
    assert.equal((await ask(`${gateway.url}/v1`)).status, 200)
  })

  test('a broken configuration is told with file, line and column', async (t) => {
    const place = freshFolder(t)
    const broken: readonly (readonly [text: string, message: RegExp])[] = [
      ['host: 127.0.0.1\nprot: 1\n', /broken\.yaml:2:7 unknown key "prot"; did you mean "port"\?/],
      ['port: [1\n', /broken\.yaml:2:1 /],
      ['store:\n  kind: redis\n', /broken\.yaml:2:9 store\.kind .+: sqlite, memory/],
    ]
    for (const [text, message] of broken) {
      writeFileSync(join(place.cwd, 'broken.yaml'), text)
      await oneLine(place, message, '--config', 'broken.yaml')
    }
    await oneLine(
      place,
      /missing\.yaml cannot be read: there is no such file/,
      '--config',
      'missing.yaml',
    )
  })

  test('wrong flags and commands are told in one line', async (t) => {
    const place = freshFolder(t)
    await oneLine(place, /--port must be a port from 0 to 65535, not "http"/, '--port', 'http')
    await oneLine(place, /: --store must .+: sqlite, memory/, '--store', 'redis')
    await oneLine(place, /: --worker must begin with http/, '--worker', 'localhost')
    await oneLine(place, /there is no command "strat"; see sluice --help/, 'strat')
    await oneLine(place, /unknown option '--bogus'/, '--bogus')
    assert.match((await sluice(place, '--prot', '1')).err, /\(Did you mean --port\?\)/)
  })
})

test('the help of every command fits 80 columns', async (t) => {
  const place = freshFolder(t)
  const namesIn = (help: string): string[] => {
    const [, list = ''] = /\nCommands:\n([^]*)$/.exec(help) ?? []
    return [...list.matchAll(/^ {2}(\w+)/gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'help')
  }
  const check = async (path: readonly string[]): Promise<void> => {
    const { out, code } = await sluice(place, ...path, '--help')
    assert.equal(code, 0)
    assert.match(out, new RegExp(`^Usage: ${['sluice', ...path].join(' ')} `))
    assertNarrow(out)
    await Promise.all(namesIn(out).map((name) => check([...path, name])))
  }
  await check([])
})
