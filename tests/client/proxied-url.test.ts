import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  assembleRoutingMetadata,
  buildProxiedBaseUrl,
  encodeMetadataSlug,
  extractMetadataFromPath,
  SlugError,
} from '../../src/client/index.ts'
import { anyMetadata } from './metadata-arbitrary.ts'

const metadata = { session_name: 'math:0' }
const slug = encodeMetadataSlug(metadata)

suite('buildProxiedBaseUrl', () => {
  for (const [base, expected] of [
    ['http://h:1/v1', `http://h:1/meta/${slug}/v1`],
    ['http://h:1/v1/', `http://h:1/meta/${slug}/v1`],
    ['http://h:1', `http://h:1/meta/${slug}/v1`],
    ['http://h:1/', `http://h:1/meta/${slug}/v1`],
    ['https://h/proxy/v1//', `https://h/proxy/meta/${slug}/v1`],
    ['https://h/proxy', `https://h/proxy/meta/${slug}/v1`],
    ['https://h/v1beta', `https://h/v1beta/meta/${slug}/v1`],
    ['http://h:1/v1?api-version=2', `http://h:1/meta/${slug}/v1?api-version=2`],
    ['http://[::1]:9090/v1', `http://[::1]:9090/meta/${slug}/v1`],
  ] as const) {
    test(`makes ${base} into ${expected.replace(slug, '<slug>')}`, () =>
      assert.equal(buildProxiedBaseUrl(base, metadata), expected))
  }

  test('replaces the slug of a base URL that has one', () => {
    const outer = buildProxiedBaseUrl('http://h:1/p/v1', { session_name: 'outer' })
    assert.equal(buildProxiedBaseUrl(outer, metadata), `http://h:1/p/meta/${slug}/v1`)
  })

  test('refuses a base URL that is not absolute', () => {
    assert.throws(() => buildProxiedBaseUrl('/v1', metadata), TypeError)
  })
})

suite('extractMetadataFromPath', () => {
  test('takes slug and prefix off a path and keeps the query', () => {
    assert.deepEqual(extractMetadataFromPath(`/proxy/meta/${slug}/v1/models?a=1`), {
      path: '/v1/models?a=1',
      slug,
      metadata,
    })
  })

  test('takes a slug in standard base64, whose slashes are its own', () => {
    const standard = 'eyJhIjoiPz8/PiJ9'
    const found = extractMetadataFromPath(`/meta/rllm1:${standard}/v1/models`)
    assert.deepEqual(found.metadata, { a: '???>' })
    assert.equal(found.path, '/v1/models')
  })

  test('leaves a path without a slug as it is', () => {
    const path = '/v1/chat/completions?x=/meta'
    assert.deepEqual(extractMetadataFromPath(path), { path, slug: null, metadata: null })
  })

  test('throws for a slug it cannot read', () => {
    assert.throws(() => extractMetadataFromPath('/meta/nonsense/v1/models'), SlugError)
    assert.throws(() => extractMetadataFromPath('/meta//v1/models'), SlugError)
  })

  test('undoes buildProxiedBaseUrl for any metadata', () => {
    fc.assert(
      fc.property(anyMetadata, (any) => {
        const { pathname } = new URL(buildProxiedBaseUrl('http://h/p/v1', any))
        assert.deepEqual(extractMetadataFromPath(pathname).metadata, any)
      }),
    )
  })
})

suite('assembleRoutingMetadata', () => {
  test('joins the session with extra metadata, which wins', () => {
    assert.deepEqual(
      assembleRoutingMetadata(
        { step: 2, job: 'b' },
        { sessionName: 's', sessionUids: ['u1', 'u2'], metadata: { job: 'a', seed: 1 } },
      ),
      { job: 'b', seed: 1, session_name: 's', session_uids: ['u1', 'u2'], step: 2 },
    )
  })

  test('leaves out what is empty', () => {
    assert.deepEqual(assembleRoutingMetadata(), {})
    assert.deepEqual(assembleRoutingMetadata({}, { sessionName: '', sessionUids: [] }), {})
  })
})
