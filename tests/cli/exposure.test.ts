import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import { exposureOf, isLoopback } from '../../src/cli/exposure.ts'
import { warn } from '../../src/cli/warn.ts'
import { checkConfig } from '../../src/config/index.ts'
import { serve, type Place } from '../support/cli.ts'
import { widest } from './run.ts'

function freshPlace(t: TestContext, env: Record<string, string> = {}): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-exposure-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  return { cwd, env: { SLUICE_PORT: '0', ...env } }
}

/** Everything a gateway with these arguments writes, from its start to its end. */
async function outputOf(
  t: TestContext,
  place: Place,
  ...args: readonly string[]
): Promise<{ readonly out: string; readonly err: string }> {
  const gateway = await serve(t, place, ...args)
  const closed = once(gateway.child, 'close')
  await gateway.stop('SIGTERM')
  await closed
  return { out: gateway.screen, err: gateway.errors().replace(/\n {2}stopping; .+\n/, '') }
}

const WARNING =
  'sluice: warning: listening on 0.0.0.0: whoever can reach it may call, read and delete every trace ' +
  'and change the workers; --admin-token <secret> (admin_token in the file) closes all of that but the ' +
  'calls, keys.master_key the calls, too\n'

describe('a gateway that others can reach without a token says so once, in one line', () => {
  for (const mode of [[], ['--quiet'], ['--json']]) {
    test(`with --host 0.0.0.0 ${mode.join()}`, async (t) => {
      const { out, err } = await outputOf(t, freshPlace(t), '--host', '0.0.0.0', ...mode)
      assert.equal(err, WARNING)
      assert.ok(mode.length > 0 || widest(out) <= 80)
      if (mode.length > 0) return
      assert.match(out, /access +whoever can reach 0\.0\.0\.0 may call, read/)
      // An address that can be called from here; 0.0.0.0 is none to copy.
      assert.match(out, /base URL +http:\/\/127\.0\.0\.1:\d+\/v1\n +\(elsewhere: .+\)\n/)
      assert.doesNotMatch(out, /http:\/\/0\.0\.0\.0/)
    })
  }

  test('with the host from the environment, and from a file', async (t) => {
    const fromEnv = freshPlace(t, { RLLM_GATEWAY_HOST: '0.0.0.0' })
    assert.equal((await outputOf(t, fromEnv, '--quiet')).err, WARNING)
    const fromFile = freshPlace(t)
    writeFileSync(join(fromFile.cwd, 'g.yaml'), 'host: 0.0.0.0\n')
    assert.equal((await outputOf(t, fromFile, '--quiet', '--config', 'g.yaml')).err, WARNING)
  })

  test('and says nothing on loopback, or with a token', async (t) => {
    assert.equal((await outputOf(t, freshPlace(t))).err, '')
    const token = ['--host', '0.0.0.0', '--admin-token', 'secret-word'] as const
    const { out, err } = await outputOf(t, freshPlace(t), ...token)
    assert.equal(err, '')
    assert.match(out, /access +whoever can reach 0\.0\.0\.0 may call\n +sessions, traces and admin/)
    assert.doesNotMatch(out, /secret-word/)
    assert.ok(widest(out) <= 80)
  })

  test('and with a master key shows calls that carry one, and not the key', async (t) => {
    const place = freshPlace(t)
    writeFileSync(join(place.cwd, 'g.yaml'), 'keys: {master_key: sk-secret-word}\nhost: 0.0.0.0\n')
    const worker = ['--worker', 'http://127.0.0.1:1'] as const
    const { out, err } = await outputOf(t, place, '--config', 'g.yaml', ...worker)
    assert.equal(err, '')
    assert.match(out, /access +calls need a key, all else the master key\n/)
    assert.match(out, /-H 'authorization: Bearer <key>' \\/)
    assert.match(out, /--admin-token <master key>/)
    assert.doesNotMatch(out, /secret-word/)
    assert.ok(widest(out) <= 80)
    const token = ['--config', 'g.yaml', '--admin-token', 'secret-word', ...worker] as const
    const both = await outputOf(t, place, ...token)
    assert.match(both.out, /access +calls need a key, all else the master key or the admin token\n/)
    assert.match(both.out, /--admin-token <admin token>/)
  })
})

test('loopback addresses are known in every form', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) {
    assert.equal(isLoopback(host), true, host)
    assert.equal(exposureOf(checkConfig({ host })), null)
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.org', '1127.0.0.1', 'my-host']) {
    assert.equal(isLoopback(host), false, host)
    assert.match(exposureOf(checkConfig({ host })) ?? '', new RegExp(`listening on ${host}:`))
  }
})

test('a warning is broken to fit a terminal, and only there', () => {
  const write = (errorColumns?: number): string => {
    const stderr = new PassThrough()
    const io = { stdout: stderr, stderr, columns: 80, color: false }
    warn(errorColumns === undefined ? io : { ...io, errorColumns }, 'word '.repeat(40).trim())
    return String(stderr.read())
  }
  assert.equal(write().split('\n').length, 2)
  assert.ok(write(80).split('\n').length > 3)
  assert.ok(widest(write(80)) <= 80)
})
