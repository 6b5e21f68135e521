import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { GatewayClient } from '../../src/client/index.ts'
import { checkSessionId, sessionPath } from '../../src/trace/session-id.ts'

const client = new GatewayClient('http://h:1/v1')

const anyId = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc
    .array(fc.constantFrom('v1', 'meta', 'traces', 'batch_delete', 'a b', 'é', 'x:0', '', '%2F'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.join('/')),
)

const usable = (id: string): boolean => {
  try {
    return checkSessionId(id, 'id') === id
  } catch {
    return false
  }
}

suite('the URL of a session', () => {
  for (const [id, path] of [
    ['hello', 'hello'],
    ['harbor/hello-world:0', 'harbor/hello-world:0'],
    ['a b?c#d%', 'a%20b%3Fc%23d%25'],
    ['a/v1/b', 'a%2Fv1%2Fb'],
  ] as const) {
    test(`of ${id} ends in /sessions/${path}/v1`, () =>
      assert.equal(client.sessionUrl(id), `http://h:1/sessions/${path}/v1`))
  }

  test('is the one the gateway gives, for any id that it takes', () => {
    fc.assert(
      fc.property(anyId.filter(usable), (id) => {
        assert.equal(client.sessionUrl(id), `http://h:1${sessionPath(id)}/v1`)
        assert.equal(new URL(client.sessionUrl(id)).href, client.sessionUrl(id))
      }),
    )
  })

  test('is refused where it would be that of another session', () => {
    for (const id of ['', '.', '..', 'a/../b', 'a/.', '\ud800'])
      assert.throws(() => client.sessionUrl(id), TypeError)
  })

  for (const [base, root] of [
    ['http://h:1', 'http://h:1'],
    ['http://h:1/', 'http://h:1'],
    ['http://h:1/v1/', 'http://h:1'],
    ['https://h/proxy/v1', 'https://h/proxy'],
    ['http://[::1]:9090/v1?x=1', 'http://[::1]:9090'],
  ] as const) {
    test(`stands below ${root} for the base URL ${base}`, () =>
      assert.equal(new GatewayClient(base).url, root))
  }

  test('needs an http URL to stand below', () => {
    for (const base of ['', 'h:1', '/v1', 'ftp://h', 'file:///x'])
      assert.throws(() => new GatewayClient(base), TypeError)
  })
})
