import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { loadConfig } from '../src/config/index.ts'
import { hasCurl } from './support/has-curl.ts'
import { copyCheckout, type Checkout } from './support/checkout.ts'
import { ciCommands, codeBlocks, commandsOf, localLinks, ROOT } from './support/readme.ts'
import { createScope } from './support/scope.ts'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const BLOCKS = codeBlocks(README)
const SERVES = /^npm start$|^npm run -s sluice -- serve\b/

const skip = hasCurl()
  ? false
  : 'curl is not installed, so the commands of README.md were NOT tried'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function block(language: string, holds: string): string {
  const found = BLOCKS.find((one) => one.language === language && one.text.includes(holds))
  return found?.text ?? assert.fail(`README.md has no ${language} block with ${holds}`)
}

test('every file that README.md links to exists', () => {
  const links = localLinks(README)
  assert.ok(links.length > 5)
  assert.deepEqual(
    links.filter((link) => !existsSync(join(ROOT, link))),
    [],
  )
})

describe('README.md, done by a newcomer in a fresh checkout', { skip }, () => {
  const scope = createScope()
  let checkout: Checkout
  let url: string
  before(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    checkout = copyCheckout(scope, {
      SLUICE_PORT: String(port),
      SLUICE_URL: url,
      OPENAI_API_KEY: 'none',
    })
  })
  after(() => scope.close())

  const here = (text: string): string => text.replaceAll('http://127.0.0.1:9090', url)

  /** Checks a file with the project's own strictness. */
  async function assertTypes(file: string): Promise<void> {
    const project = { extends: './tsconfig.json', include: [file] }
    writeFileSync(join(checkout.dir, 'tsconfig.readme.json'), JSON.stringify(project))
    const { out, code } = await checkout.run('npx tsc -p tsconfig.readme.json')
    assert.equal(code, 0, out)
  }

  test('every shell command works, in one go', async (t) => {
    const byCi = ciCommands()
    const outputs = new Map<string, string>()
    for (const command of BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ text }) =>
      commandsOf(text),
    )) {
      if (byCi.has(command)) continue
      t.diagnostic(command)
      if (SERVES.test(command)) {
        await checkout.serve(command)
        continue
      }
      const { out, err, code } = await checkout.run(here(command))
      assert.equal(code, 0, `${command}\n${err}`)
      // curl is content with an error body.
      if (command.startsWith('curl')) assert.equal(JSON.parse(out)['error'], undefined, command)
      outputs.set(command, out)
    }
    const said = (start: string): string => {
      for (const [command, out] of outputs) if (command.includes(start)) return out
      return assert.fail(`README.md has no command with ${start}`)
    }
    const [slug = ''] = /rllm1:\w+/.exec(README) ?? []
    assert.match(said('/chat/completions'), /"system_fingerprint":"sluice-simulator/)
    assert.match(said('traces ls'), /^hello +1 +complete /m)
    assert.equal(said('slug encode'), `${slug}\n`)
    assert.deepEqual(JSON.parse(said('slug decode')), { session_name: 'hello' })
    assert.match(said('config check'), /^config\/gateway\.yaml is valid$/m)
    assert.equal(JSON.parse(said('/sessions/hello/traces')).length, 1)
    const exported = readFileSync(join(checkout.dir, 'data/hello.jsonl'), 'utf8')
    assert.equal(exported.trimEnd().split('\n').length, 1)
  })

  test('the client block type-checks and its call is traced under its slug', async () => {
    await checkout.serve('npm start')
    const call = `
const reply = await client.chat.completions.create({
  model: 'sluice-sim',
  messages: [{ role: 'user', content: 'Hi' }],
})
process.stdout.write(String(reply.choices[0]?.message.content))
`
    writeFileSync(join(checkout.dir, 'src/readme.ts'), here(block('ts', 'new OpenAI')) + call)
    await assertTypes('src/readme.ts')
    const { out, err, code } = await checkout.run('node --conditions=sluice-source src/readme.ts')
    assert.equal(code, 0, err)
    const reply = await fetch(`${url}/sessions/hello/traces`)
    const trace = ((await reply.json()) as Trace[]).at(-1)
    assert.equal(trace?.response_message['content'], out)
    assert.equal(trace?.agent, 'planner')
  })

  test('the block about embedding type-checks and runs', async () => {
    const call = `
const reply = await fetch(\`\${url}/sessions/inside/v1/chat/completions\`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', messages: [] }),
})
process.stdout.write(await reply.text() + app.middleware.length)
`
    const text = block('ts', 'createGateway').replace('await gateway.close()', `${call}$&`)
    writeFileSync(join(checkout.dir, 'src/embedding.ts'), text)
    await assertTypes('src/embedding.ts')
    const { out, err, code } = await checkout.run(
      'node --conditions=sluice-source src/embedding.ts',
    )
    assert.equal(code, 0, err)
    assert.match(out, /"content":"hi".*1$/)
  })

  test('the plugin block type-checks, loads without a build step and keeps its copy', async () => {
    writeFileSync(join(checkout.dir, 'plugins/my-tracer.ts'), block('ts', 'definePlugin'))
    await assertTypes('plugins/my-tracer.ts')
    const file = join(checkout.dir, 'config/gateway.yaml')
    const text = readFileSync(file, 'utf8')
    assert.match(text, /^ {2}# - my-tracer$/m)
    writeFileSync(file, text.replace('# - my-tracer', '- my-tracer'))
    await checkout.serve('npm start')
    const reply = await fetch(`${url}/sessions/plugged/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sluice-sim', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    const id = reply.headers.get('x-trace-id')
    await reply.json()
    const kept = (await (await fetch(`${url}/traces/${id}`)).json()) as Trace
    assert.equal(kept.extra['team'], 'blue')
    // `saved` runs after the ending is released; a stop waits for it.
    await checkout.stop()
    const copy = readFileSync(join(checkout.dir, 'data/my-traces.jsonl'), 'utf8')
    assert.equal((JSON.parse(copy) as Trace).trace_id, id)
  })

  test('every yaml block loads and a gateway starts with it', async () => {
    const blocks = BLOCKS.filter(({ language }) => language === 'yaml')
    assert.ok(blocks.length > 0)
    for (const [index, { text }] of blocks.entries()) {
      const file = join(checkout.dir, `block-${index}.yaml`)
      writeFileSync(file, text)
      assert.doesNotThrow(() => loadConfig({ file, env: { OPENAI_API_KEY: 'none' } }), text)
      await checkout.serve(`npm run -s sluice -- serve --config ${file} --store memory`)
    }
  })
})
