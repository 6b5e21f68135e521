import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerHeaders, forwardable, replyHeaders } from '../../src/wire/headers.ts'

const pass = { passAuthorization: true }
const hold = { passAuthorization: false }

test('headers of one connection are not forwarded', () => {
  const headers = {
    connection: 'keep-alive, X-Hop',
    'keep-alive': 'timeout=5',
    'proxy-authorization': 'Basic x',
    'proxy-connection': 'keep-alive',
    te: 'trailers',
    trailer: 'x',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
    'x-hop': '1',
  }
  assert.deepEqual(forwardable(headers, pass), {})
  assert.deepEqual(replyHeaders(headers), {})
})

test("what is the gateway's own or is remade for the upstream is not forwarded", () => {
  const headers = {
    host: 'a',
    'content-length': '3',
    expect: '100-continue',
    'accept-encoding': 'br',
    cookie: 'a=b',
    'x-session-id': 's',
    'x-sluice-metadata': '{}',
  }
  assert.deepEqual(forwardable(headers, pass), {})
})

test('everything else is forwarded', () => {
  const headers = {
    traceparent: '00-a-b-01',
    tracestate: 'a=b',
    baggage: 'c=d',
    'user-agent': 'openai',
    'x-request-id': 'r',
    'x-stainless-retry-count': '1',
    'openai-organization': 'o',
    'content-type': 'application/json',
    accept: '*/*',
    'content-encoding': 'gzip',
    'idempotency-key': 'k',
  }
  assert.deepEqual(forwardable(headers, hold), headers)
})

test('credentials are forwarded only when asked for, and never shown to plugins', () => {
  const headers = { authorization: 'Bearer x', 'x-api-key': 'y', 'api-key': 'z' }
  assert.deepEqual(forwardable(headers, pass), headers)
  assert.deepEqual(forwardable(headers, hold), {})
  assert.deepEqual(callerHeaders({ ...headers, accept: 'a', cookie: 'b' }), { accept: 'a' })
})

test('names become lower case and values that came twice are joined', () => {
  const headers = { 'X-Tag': ['a', 'b'], 'X-None': undefined, Connection: 'X-Hop', 'X-HOP': '1' }
  assert.deepEqual(forwardable(headers, hold), { 'x-tag': 'a, b' })
})

test('a connection header that came twice names all its headers', () => {
  assert.deepEqual(replyHeaders({ connection: ['a', 'b, c'], a: '1', b: '2', c: '3', d: '4' }), {
    d: '4',
  })
})

test('a reply keeps what clients act on and loses length and cookies', () => {
  const kept = {
    'content-type': 'text/event-stream',
    'retry-after': '2',
    'x-request-id': 'r',
    'x-ratelimit-remaining-tokens': '7',
    'content-encoding': 'gzip',
    link: ['a', 'b'],
  }
  assert.deepEqual(replyHeaders({ ...kept, 'content-length': '9', 'set-cookie': ['a=b'] }), kept)
})
