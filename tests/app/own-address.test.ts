import assert from 'node:assert/strict'
import { hostname, networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { isOwnAddress } from '../../src/app/own-address.ts'

const here = { host: '10.1.2.3', port: 9090 }
const external = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, scopeid }) => !internal && !scopeid)
  .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))

for (const host of [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'sub.localhost',
  '127.0.0.1',
  '127.1',
  '0x7f000001',
  '127.9.8.7',
  '0.0.0.0',
  '0',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[0:0:0:0:0:0:0:1]',
  '10.1.2.3',
  hostname(),
  ...external,
]) {
  test(`${host} with the gateway's port is the gateway`, () => {
    assert.equal(isOwnAddress(new URL(`http://${host}:9090/v1`), here), true)
    assert.equal(isOwnAddress(new URL(`http://${host}:9091/v1`), here), false)
  })
}

for (const host of ['10.1.2.4', 'vllm', 'localhost.example.com', '[::2]', '128.0.0.1']) {
  test(`${host} is not`, () => {
    assert.equal(isOwnAddress(new URL(`http://${host}:9090`), here), false)
  })
}

test('a URL without a port has the one of its scheme', () => {
  assert.equal(isOwnAddress(new URL('http://localhost'), { ...here, port: 80 }), true)
  assert.equal(isOwnAddress(new URL('https://localhost'), { ...here, port: 443 }), true)
  assert.equal(isOwnAddress(new URL('https://localhost'), { ...here, port: 80 }), false)
})
