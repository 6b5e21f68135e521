import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { buildProxiedBaseUrl, encodeMetadataSlug } from '../../src/client/index.ts'
import { GatewayError } from '../../src/errors/index.ts'
import { routeOf } from '../../src/stages/route-of.ts'
import { checkSessionId } from '../../src/trace/session-id.ts'
import { anyMetadata } from '../client/metadata-arbitrary.ts'

const SESSION_KEYS = ['session_id', 'session_uids', 'session_name']

const freeMetadata = anyMetadata.map((metadata) =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !SESSION_KEYS.includes(key))),
)

function isLegal(id: string): boolean {
  try {
    return checkSessionId(id, 'id') === id
  } catch {
    return false
  }
}

const sessionId = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc
      .array(fc.constantFrom('v1', 'meta', 'sessions', 'traces', 'a', ':', '%2F', '', 'rllm1:e30'))
      .map((parts) => parts.join('/')),
  )
  .filter(isLegal)

suite('routeOf', () => {
  test('gives back any metadata put into a base URL', () => {
    fc.assert(
      fc.property(freeMetadata, (metadata) => {
        const base = new URL(buildProxiedBaseUrl('http://h:1/p/v1', metadata))
        const route = routeOf({ url: `${base.pathname}/chat/completions?a=1`, headers: {} })
        assert.equal(route.path, '/v1/chat/completions?a=1')
        assert.deepEqual(route.metadata, metadata)
      }),
    )
  })

  test('gives back any session id, from the path and from the slug', () => {
    fc.assert(
      fc.property(sessionId, fc.array(sessionId, { maxLength: 4 }), (id, uids) => {
        const slug = encodeMetadataSlug({ session_uids: uids })
        const path = `sessions/${encodeURIComponent(id)}`
        for (const scope of [`/meta/${slug}/${path}`, `/${path}/meta/${slug}`]) {
          const route = routeOf({ url: `${scope}/v1/models`, headers: {} })
          assert.equal(route.path, '/v1/models')
          assert.deepEqual(route.sessions, [...new Set([id, ...uids])])
        }
      }),
    )
  })

  test('answers any URL and header with a route or a GatewayError', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'meta',
        'sessions',
        'v1',
        'rllm1:e30',
        'rllm1:',
        '..',
        '%2e',
        '%',
        '',
        '?',
        '//',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.string(), (parts, header) => {
        const headers = { 'x-session-id': header, 'x-sluice-metadata': header }
        try {
          const route = routeOf({ url: `/${parts.join('/')}`, headers })
          assert.match(route.pathname, /^\/v1(?:\/|$)/)
          assert.ok(route.sessions.every(isLegal))
        } catch (error) {
          assert.ok(error instanceof GatewayError, String(error))
          assert.ok(error.status >= 400 && error.status < 500)
        }
      }),
    )
  })
})
