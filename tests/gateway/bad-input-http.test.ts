import { BODY_LIMIT, PATH, testRefusals, type BadCall } from './refusals.ts'

const NO_ROUTE = { status: 404, code: 'route_not_found' } as const
const ESCAPE = { status: 400, code: 'bad_request', says: /the segment "\." or "\.\."/ } as const

const calls: readonly BadCall[] = [
  {
    name: 'an unknown route is a 404 that names it',
    path: '/v2/chat',
    ...NO_ROUTE,
    says: /POST \/v2\/chat/,
  },
  { name: 'an unknown path is no route', path: '/a', method: 'GET', ...NO_ROUTE, says: /GET \/a/ },
  {
    name: 'a host in the path is no host',
    path: '//evil.test/v1/models',
    ...NO_ROUTE,
    says: /evil/,
  },
  { name: 'a path in capitals is another path', path: '/V1/models', ...NO_ROUTE, says: /V1/ },
  ...[
    '/v1/../admin/store',
    '/v1/%2e%2e/admin',
    '/v1/./models',
    '/v1/%2e%2E%2fadmin',
    '/v1/..%5cadmin',
    '/v1/models/..',
  ].map((path) => ({ name: `${path} leads nowhere`, path, ...ESCAPE })),
  ...['PUT', 'DELETE', 'PATCH'].map((method) => ({
    name: `${method} on chat completions is a 405 that says what would do`,
    method,
    status: 405,
    code: 'method_not_allowed',
    says: new RegExp(method),
    allow: 'GET, HEAD, POST',
  })),
  ...['OPTIONS', 'TRACE', 'PROPFIND'].map((method) => ({
    name: `${method} is a 405, for it is no call`,
    method,
    path: '/v1/models',
    body: '',
    status: 405,
    code: 'method_not_allowed',
    says: new RegExp(method),
    allow: 'GET, HEAD, POST, PUT, PATCH, DELETE',
  })),
  {
    name: 'a wrong method on a route of the gateway is a 405',
    method: 'DELETE',
    path: '/health',
    status: 405,
    code: 'method_not_allowed',
    says: /GET, HEAD/,
    allow: 'GET, HEAD',
  },
  {
    name: 'a URL over the limit is a 414 that says how long it is',
    path: `${PATH}?x=${'a'.repeat(40_000)}`,
    status: 414,
    code: 'uri_too_long',
    says: /40\d+ characters, the limit is 32768/,
  },
  {
    name: 'a body that is declared too large is a 413 before any of it is read',
    headers: { 'content-length': String(BODY_LIMIT + 1) },
    body: 'x'.repeat(BODY_LIMIT + 1),
    status: 413,
    code: 'body_too_large',
    says: new RegExp(`it may have ${BODY_LIMIT} bytes`),
  },
]

testRefusals('requests that are no calls', calls)
