import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import * as client from 'sluice/client'
import { startGateway } from '../support/gateway.ts'
import { codeBlocks, ROOT } from '../support/readme.ts'
import { createScope } from '../support/scope.ts'

const DOC = readFileSync(join(ROOT, 'docs/client.md'), 'utf8')

suite('an example of docs/client.md', () => {
  const scope = createScope()
  let url: string
  let dir: string
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
    scope.after(() => rmSync(dir, { recursive: true, force: true }))
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(ROOT, join(dir, 'node_modules/sluice'))
    symlinkSync(join(ROOT, 'node_modules/openai'), join(dir, 'node_modules/openai'))
    const gateway = await startGateway(scope, {
      config: { upstreams: [{ simulator: { models: ['sluice-sim'] } }] },
    })
    url = gateway.url
  })
  after(() => scope.close())

  async function run(text: string): Promise<string> {
    const file = join(dir, 'example.mts')
    writeFileSync(file, text.replaceAll('http://127.0.0.1:9090', url))
    const args = ['--conditions=sluice-source', file]
    return (await promisify(execFile)(process.execPath, args, { cwd: dir })).stdout
  }

  const says = [/\/sessions\/[0-9a-f-]{36}\/v1/, /math:1[^]*step: 3/, /^math:0$/m, /:\d+\/v1$/m]
  const examples = codeBlocks(DOC).filter(({ language }) => language === 'ts')

  test('is tried for everything that is shown', () => assert.equal(examples.length, says.length))

  for (const [index, { text }] of examples.entries()) {
    test(`runs and says what it should: ${/\n\n(.+)/.exec(text)?.[1]}`, async () => {
      assert.match(await run(text), says[index] ?? /never/)
    })
  }

  test('names only what there is', () => {
    const known = new Set([
      ...Object.keys(client),
      ...Object.getOwnPropertyNames(client.GatewayClient.prototype),
    ])
    const also = /Also there:([^]*?)\. Each/.exec(DOC)?.[1] ?? ''
    const named = [...also.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
    assert.ok(named.length > 10)
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    )
  })
})
