import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, locationOf } from '../../../src/shared/redis/redis-address.ts'

const HERE = { host: '127.0.0.1', port: 6379, db: 0, tls: false }

test('a URL says everything, in place of the other keys', () => {
  const said = { ...HERE, port: 1, password: 'other', url: 'rediss://me:p%40ss@r.internal:7000/3' }
  const location = locationOf(said)
  const me = { username: 'me', password: 'p@ss' }
  assert.deepEqual(location, { host: 'r.internal', port: 7000, db: 3, tls: true, ...me })
  assert.equal(addressOf(location), 'r.internal:7000/3')
})

test('what a URL leaves out is as Redis has it', () => {
  assert.deepEqual(locationOf({ ...HERE, url: 'redis://r' }), { ...HERE, host: 'r' })
  const six = locationOf({ ...HERE, url: 'redis://[::1]:1' })
  assert.equal(six.host, '::1')
  assert.equal(addressOf(six), '[::1]:1/0')
})

for (const url of ['redis://', 'redis://r/one', 'redis://:se#cret@r', 'redis://r:99999']) {
  test(`${url} is refused, and the error does not repeat it`, () => {
    assert.throws(
      () => locationOf({ ...HERE, url }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'config_invalid')
        assert.doesNotMatch(error.message, /se#?cret|99999/)
        return true
      },
    )
  })
}
