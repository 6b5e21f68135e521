import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sluice } from '../support/cli.ts'
import { run } from './run.ts'

/** A gateway's admin API without traces that asks for this key. */
async function locked(t: TestContext, token: string): Promise<string> {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${token}`
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
    response.end(isKnown ? '{"items":[],"cursor":null}' : '{"error":{"message":"No valid key"}}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('traces are read from a gateway that needs a key when it is given', async (t) => {
  const url = await locked(t, 'secret')
  const { out, code } = await run(['traces', 'ls', '--url', url, '--admin-token', 'secret'])
  assert.deepEqual([out, code], ['no traces\n', 0])
})

test('the key may stand in the environment', async (t) => {
  const url = await locked(t, 'secret')
  const place = { cwd: tmpdir(), env: { SLUICE_ADMIN_TOKEN: 'secret' } }
  const { out, code } = await sluice(place, 'traces', 'ls', '--url', url)
  assert.deepEqual([out, code], ['no traces\n', 0])
})

test('without it, or with another, one line says how to give it', async (t) => {
  const url = await locked(t, 'secret')
  const said = `sluice: ${url} needs its key: give it with --admin-token or SLUICE_ADMIN_TOKEN\n`
  for (const args of [
    ['traces', 'ls'],
    ['traces', 'ls', '--admin-token', 'x'],
    ['traces', 'export'],
    ['traces', 'export', '--session', 's'],
  ]) {
    const { err, code } = await run([...args, '--url', url])
    assert.deepEqual([err, code], [said, 1], args.join(' '))
  }
})

test('sluice config hides the key and warns of what is not used', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-config-cli-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  const plugins =
    'plugins: [{use: x, config: {webhook_secret: sk-canary, token: sk-canary, top: 3}}]'
  writeFileSync(join(cwd, 'g.yaml'), `admin_token: secret\nguardrails: [x]\n${plugins}\n`)
  const shown = await sluice({ cwd }, 'config', 'show', 'g.yaml')
  assert.match(shown.out, /"admin_token": "\[hidden\]"/)
  assert.doesNotMatch(shown.out, /canary/, 'those of plugins as well')
  assert.match(shown.out, /"top": 3/)
  const checked = await sluice({ cwd }, 'config', 'check', 'g.yaml')
  assert.equal(checked.out, 'g.yaml is valid\n')
  assert.equal(checked.err, 'sluice: warning: g.yaml:2:13 guardrails is not used yet\n')
})
