import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { ConfigSource } from '../../src/admin/index.ts'
import { GatewayError } from '../../src/errors/index.ts'
import { codeOf, messageOf, startAdmin, type Admin } from './setup.ts'

const settings = { adminToken: 'secret', metricsAuth: false, masterKey: null, keyHeader: null }

function reload(admin: Admin, body?: unknown, token = 'secret') {
  return admin.ask('POST', '/admin/reload', body, { authorization: `Bearer ${token}` })
}

/** A gateway that notes what it is to load. */
function noting(): {
  readonly asked: (ConfigSource | null)[]
  readonly reload: (
    source: ConfigSource | null,
  ) => Promise<{ models: string[]; needs_restart: string[] }>
} {
  const asked: (ConfigSource | null)[] = []
  return {
    asked,
    async reload(source) {
      asked.push(source)
      return { models: ['a', 'b'], needs_restart: ['store'] }
    },
  }
}

suite('POST /admin/reload', () => {
  test('without a body reads the file again, with or without a token configured', async () => {
    for (const body of [undefined, {}, { something: 'else' }]) {
      const { asked, reload: take } = noting()
      await using open = await startAdmin({ reload: take })
      assert.deepEqual((await open.ask('POST', '/admin/reload', body)).body, { status: 'ok' })
      await using closed = await startAdmin({ reload: take, settings })
      assert.deepEqual((await reload(closed, body)).body, { status: 'ok' })
      assert.deepEqual(asked, [null, null])
    }
  })

  test('takes a configuration as text and says what it made of it', async () => {
    const { asked, reload: take } = noting()
    await using admin = await startAdmin({ reload: take, settings })
    const { status, body } = await reload(admin, { config_yaml: 'port: 1\n' })
    assert.deepEqual(
      [status, body],
      [200, { status: 'reloaded', models: ['a', 'b'], needs_restart: ['store'] }],
    )
    assert.deepEqual(asked, [{ text: 'port: 1\n' }])
  })

  test('takes the path of a configuration that is there', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'sluice-reload-'))
    const path = join(dir.path, 'gateway.yaml')
    writeFileSync(path, 'port: 1\n')
    const { asked, reload: take } = noting()
    await using admin = await startAdmin({ reload: take, settings })
    assert.equal((await reload(admin, { config_path: path })).status, 200)
    assert.deepEqual(asked, [{ path }])
    for (const missing of [`${path}.old`, dir.path]) {
      const answer = await reload(admin, { config_path: missing })
      assert.deepEqual([answer.status, codeOf(answer)], [404, 'config_not_found'], missing)
    }
    assert.equal(asked.length, 1)
  })

  test('takes no configuration where nobody can prove to be the admin, and says how to', async () => {
    const { asked, reload: take } = noting()
    await using admin = await startAdmin({ reload: take })
    for (const body of [{ config_yaml: 'port: 1' }, { config_path: '/etc/passwd' }]) {
      const answer = await reload(admin, body)
      assert.deepEqual([answer.status, codeOf(answer)], [401, 'unauthorized'])
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
      assert.match(messageOf(answer), /--admin-token/)
    }
    assert.deepEqual(asked, [])
  })

  test('says what is wrong with a configuration and where', async () => {
    await using admin = await startAdmin({
      settings,
      async reload() {
        throw new GatewayError('config_invalid', { detail: 'config_yaml:2:3 unknown key "porr"' })
      },
    })
    const answer = await reload(admin, { config_yaml: 'x' })
    assert.deepEqual(answer.body, {
      error: {
        message: 'The configuration cannot be used: config_yaml:2:3 unknown key "porr"',
        type: 'invalid_request_error',
        param: null,
        code: 'bad_config',
      },
    })
    assert.equal(answer.status, 400)
  })

  test('takes nothing any more once the gateway is stopping', async () => {
    const { asked, reload: take } = noting()
    await using admin = await startAdmin({ reload: take, draining: () => true })
    const answer = await admin.ask('POST', '/admin/reload')
    assert.deepEqual([answer.status, codeOf(answer), asked], [503, 'shutting_down', []])
  })

  for (const [what, body] of [
    ['both', { config_yaml: 'a: 1', config_path: '/a' }],
    ['an object', { config_yaml: { port: 1 } }],
    ['an empty text', { config_yaml: ' ' }],
    ['a number', { config_path: 1 }],
  ] as const) {
    test(`refuses ${what} for a configuration`, async () => {
      await using admin = await startAdmin({ settings })
      const answer = await reload(admin, body)
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'bad_body'])
    })
  }
})
