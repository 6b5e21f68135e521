import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeMetadataSlug } from '../../src/client/index.ts'
import { GatewayError, type ErrorCode } from '../../src/errors/index.ts'
import { isCallUrl } from '../../src/stages/locate-call.ts'
import { routeOf, type RouteOfCall } from '../../src/stages/route-of.ts'

const metadata = { session_name: 'math', session_uids: ['u1', 'u2'], step: 3 }
const kept = { session_name: 'math', step: 3 }
const slug = encodeMetadataSlug(metadata)
const named = encodeMetadataSlug({ session_name: 'math' })
const chat = '/v1/chat/completions'

type Headers = Readonly<Record<string, string>>

function expectRoute(url: string, expected: Partial<RouteOfCall>, headers: Headers = {}): void {
  const route = routeOf({ url, headers })
  const given = Object.keys(expected) as (keyof RouteOfCall)[]
  assert.deepEqual(Object.fromEntries(given.map((key) => [key, route[key]])), expected)
  assert.ok(isCallUrl(url), 'isCallUrl agrees')
}

function expectRefusal(url: string, code: ErrorCode, detail: RegExp, headers: Headers = {}): void {
  assert.throws(
    () => routeOf({ url, headers }),
    (error) => {
      assert.ok(error instanceof GatewayError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, detail)
      return true
    },
  )
}

suite('the path of a call', () => {
  const paths: readonly (readonly [string, string])[] = [
    [chat, chat],
    ['/v1', '/v1'],
    ['/v1/', '/v1/'],
    [`${chat}?a=%20b&c=/v1/x`, `${chat}?a=%20b&c=/v1/x`],
    ['/v1//chat///completions', chat],
    [`//v1/models`, '/v1/models'],
    ['/v1/models/org%2Fname', '/v1/models/org%2Fname'],
    [`/meta/${slug}${chat}`, chat],
    [`/a/b/c/meta/${slug}${chat}`, chat],
    [`/meta/${slug.replace(':', '%3A')}${chat}?x=1`, `${chat}?x=1`],
    [`/v1/meta/${slug}${chat}`, chat],
    [`/sessions/s1${chat}`, chat],
    [`/proxy/sessions/s1${chat}`, chat],
    ['/sessions/s1/v1', '/v1'],
    [`/sessions/s1/meta/${slug}${chat}`, chat],
    [`/meta/${slug}/sessions/s1${chat}`, chat],
    [`http://evil.example:1/meta/${slug}${chat}`, chat],
    ['http://evil.example/v1/models?x', '/v1/models?x'],
  ]
  for (const [url, path] of paths) {
    test(`${url.replaceAll(slug, '<slug>')} is ${path}`, () => expectRoute(url, { path }))
  }

  test('comes whole and in parts', () => {
    expectRoute(`/meta/${slug}${chat}?b=1&a=2`, {
      path: `${chat}?b=1&a=2`,
      pathname: chat,
      query: 'b=1&a=2',
    })
  })
})

suite('the sessions of a call', () => {
  test('are those of the slug, which leave the metadata', () => {
    expectRoute(`/meta/${slug}${chat}`, { sessions: ['u1', 'u2'], metadata: kept, scoped: true })
  })

  const ids: readonly (readonly [string, string])[] = [
    ['s1', 's1'],
    ['harbor/hello-world:0', 'harbor/hello-world:0'],
    ['harbor%2Fhello-world%3A0', 'harbor/hello-world:0'],
    ['%F0%9F%98%80', '😀'],
    ['a%2Fv1%2Fb', 'a/v1/b'],
    ['a%2Fmeta%2Fb', 'a/meta/b'],
    ['v1beta', 'v1beta'],
    ['v1', 'v1'],
    ['meta', 'meta'],
    ['a%20b', 'a b'],
    ['...', '...'],
    ['constructor', 'constructor'],
    ['x'.repeat(512), 'x'.repeat(512)],
  ]
  for (const [written, id] of ids) {
    test(`hold ${id.slice(0, 24)} for a path with ${written.slice(0, 24)}`, () =>
      expectRoute(`/sessions/${written}${chat}`, { sessions: [id], scoped: true, path: chat }))
  }

  test('end at the first /v1 of the path', () => {
    expectRoute('/sessions/a/v1/b/v1/models', { sessions: ['a'], path: '/v1/b/v1/models' })
  })

  test('begin with the path, then the slug, then the headers, without repeats', () => {
    const all = encodeMetadataSlug({ session_id: 'id', session_uids: ['u1', 's1', 'u2', 'u1'] })
    const headers = {
      'x-sluice-metadata': '{"session_id":"m","session_uids":["u2","n"]}',
      'x-session-id': 'h',
    }
    const sessions = ['s1', 'id', 'u1', 'u2', 'm', 'n', 'h']
    expectRoute(`/meta/${all}/sessions/s1${chat}`, { sessions }, headers)
    expectRoute(`/sessions/s1/meta/${all}${chat}`, { sessions }, headers)
  })

  test('are the session name when nothing else is there', () => {
    expectRoute(`/meta/${named}${chat}`, {
      sessions: ['math'],
      metadata: { session_name: 'math' },
      scoped: true,
    })
    expectRoute(`/meta/${named}${chat}`, { sessions: ['h'] }, { 'x-session-id': 'h' })
  })

  test('are the default one when nothing names a session', () => {
    expectRoute(chat, { sessions: ['default'], metadata: {}, scoped: false })
    expectRoute(`/meta/rllm1:e30${chat}`, { sessions: ['default'], metadata: {}, scoped: false })
    const nulls = encodeMetadataSlug({ session_name: null, session_uids: null, session_id: null })
    expectRoute(`/meta/${nulls}${chat}`, { sessions: ['default'], scoped: false })
  })
})

suite('the metadata of a call', () => {
  test('comes from the header when a proxy took the slug off the path', () => {
    const expected = { sessions: ['u1', 'u2'], metadata: kept, scoped: true, path: chat }
    expectRoute(chat, expected, { 'x-sluice-metadata': JSON.stringify(metadata) })
    expectRoute(chat, expected, { 'x-sluice-metadata': slug })
  })

  test('is the slug before the header where both have a key', () => {
    expectRoute(
      `/meta/${slug}${chat}`,
      { metadata: { ...kept, more: 1 } },
      {
        'x-sluice-metadata': '{"step":9,"more":1}',
      },
    )
  })

  test('is UTF-8 in headers', () => {
    const bytes = (text: string) => Buffer.from(text).toString('latin1')
    expectRoute(
      chat,
      { metadata: { user: 'Zoë 😀' }, sessions: ['Zoë'] },
      {
        'x-sluice-metadata': bytes('{"user":"Zoë 😀"}'),
        'x-session-id': bytes('Zoë'),
      },
    )
  })
})

suite('a call is refused', () => {
  const refusals: readonly (readonly [string, string, ErrorCode, RegExp, Headers?])[] = [
    ['a slug without prefix', `/meta/e30${chat}`, 'bad_slug', /prefix/],
    ['a later slug', `/meta/rllm2:e30${chat}`, 'slug_version', /version 2/],
    ['a cut slug', `/meta/${slug.slice(0, -3)}${chat}`, 'bad_slug', /json|base64/],
    ['a missing slug', `/meta${chat}`, 'bad_slug', /empty/],
    ['a bad slug behind a session', `/sessions/s/meta/x${chat}`, 'bad_slug', /prefix/],
    ['two slugs', `/meta/${named}/sessions/s/meta/${named}${chat}`, 'bad_slug', /two/],
    ['two sessions', `/sessions/a/meta/${named}/sessions/b${chat}`, 'bad_session', /two/],
    ['an empty session', '/sessions//v1/models', 'bad_session', /empty/],
    ['a missing session', '/sessions/v1/models', 'route_not_found', /follows the session/],
    ['a session left out', `/sessions/meta/${named}${chat}`, 'bad_session', /empty/],
    ['dots', '/sessions/../v1/models', 'bad_session', /segment/],
    ['encoded dots', '/sessions/a%2f%2e%2e%2fb/v1/models', 'bad_session', /segment/],
    ['one dot', '/sessions/a/./v1/models', 'bad_session', /segment/],
    ['NUL', '/sessions/a%00b/v1/models', 'bad_session', /control/],
    ['a line break', '/sessions/a%0Ab/v1/models', 'bad_session', /control/],
    ['__proto__', '/sessions/__proto__/v1/models', 'bad_session', /reserved/],
    ['a long session', `/sessions/${'x'.repeat(513)}/v1/models`, 'bad_session', /513/],
    ['a bad header', chat, 'bad_session', /x-session-id is empty/, { 'x-session-id': '' }],
    ['header text', chat, 'bad_metadata', /JSON/, { 'x-sluice-metadata': 'a=b' }],
    ['a header array', chat, 'bad_metadata', /an array/, { 'x-sluice-metadata': '[]' }],
    ['nothing after a slug', `/meta/${slug}`, 'route_not_found', /follows the slug/],
    ['no /v1 after a slug', `/meta/${slug}/chat`, 'route_not_found', /follows the slug/],
    ['a slug behind /v1', `/v1/meta/${slug}/chat`, 'route_not_found', /follows the slug/],
    ['no /v1 after a session', '/sessions/s1/chat', 'route_not_found', /follows the session/],
    ['no /v1 at all', '/chat/completions', 'route_not_found', /calls go to/],
    ['a plain prefix', '/proxy/v1/models', 'route_not_found', /calls go to/],
    ['another host', '//evil.example/v1/models', 'route_not_found', /calls go to/],
    ['an asterisk', '*', 'route_not_found', /calls go to/],
    ['dots in the path', '/v1/../admin', 'bad_request', /segment/],
    ['encoded dots in the path', '/v1/%2e%2e%2fadmin', 'bad_request', /segment/],
    ['backslashed dots', '/v1/a\\..\\b', 'bad_request', /segment/],
    ['a broken percent-encoding', '/v1/%zz', 'bad_request', /percent/],
    ['percent-encoded latin1', '/sessions/%ff/v1/models', 'bad_request', /UTF-8/],
    ['raw bytes', '/sessions/\u00e9/v1/models', 'bad_request', /percent/],
    ['a long URL', `/v1/${'x'.repeat(32 * 1024)}`, 'uri_too_long', /32772/],
  ]
  for (const [what, url, code, detail, headers] of refusals) {
    test(`for ${what}: ${code}`, () => expectRefusal(url, code, detail, headers))
  }

  const claims: readonly (readonly [
    Parameters<typeof encodeMetadataSlug>[0],
    ErrorCode,
    RegExp,
  ])[] = [
    [{ session_uids: 'u1' }, 'bad_metadata', /session_uids of the slug is not an array/],
    [{ session_uids: ['u1', 2] }, 'bad_metadata', /session_uids/],
    [{ session_uids: ['u1', '..'] }, 'bad_session', /session_uids holds the path segment/],
    [{ session_id: 7 }, 'bad_metadata', /session_id of the slug is not a string/],
    [{ session_id: '\ud800' }, 'bad_session', /surrogate/],
    [{ session_name: {} }, 'bad_metadata', /session_name/],
    [{ session_name: '' }, 'bad_session', /session_name is empty/],
  ]
  for (const [claim, code, detail] of claims) {
    test(`for metadata ${JSON.stringify(claim)}: ${code}`, () =>
      expectRefusal(`/meta/${encodeMetadataSlug(claim)}${chat}`, code, detail))
  }
})

suite('isCallUrl', () => {
  test('leaves the gateway its own routes', () => {
    for (const url of [
      '/sessions',
      '/sessions/s1',
      '/sessions/a/b:0/traces?limit=1',
      '/sessions/a%2Fv1%2Fb/traces',
      '/sessions/v1/traces',
      '/sessions/a/meta/b/traces',
      '/traces/t1/raw/response',
      '/admin/flush',
      '/health',
      '/',
    ]) {
      assert.equal(isCallUrl(url), false, url)
    }
  })
})
