import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neverSent, upstreamFailure } from '../../src/upstream/index.ts'

for (const [code, connected, want] of [
  ['ECONNREFUSED', false, 'upstream_unreachable'],
  ['ECONNRESET', false, 'upstream_unreachable'],
  ['ETIMEDOUT', false, 'upstream_unreachable'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'upstream_unreachable'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'upstream_unreachable'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'upstream_unreachable'],
  ['UND_ERR_CONNECT_TIMEOUT', false, 'upstream_connect_timeout'],
  ['ECONNRESET', true, 'upstream_reset'],
  ['ETIMEDOUT', true, 'upstream_reset'],
  ['UND_ERR_SOCKET', true, 'upstream_reset'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', true, 'upstream_protocol'],
  ['HPE_INVALID_CONSTANT', true, 'upstream_protocol'],
  ['EMFILE', false, 'internal'],
  ['UND_ERR_NOT_SUPPORTED', false, 'internal'],
] as const) {
  test(`${code} ${connected ? 'on' : 'on the way to'} a connection is ${want}`, () => {
    const failure = upstreamFailure(Object.assign(new Error(code), { code }), 'u', connected)
    assert.equal(failure.code, want)
    if (connected) assert.equal(neverSent(failure), false, 'the upstream may have seen the call')
  })
}
