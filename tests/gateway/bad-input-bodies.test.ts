import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { createScope } from '../support/scope.ts'
import {
  BODY_LIMIT,
  GOOD_BODY,
  startStrict,
  testRefusals,
  type BadCall,
  type StrictGateway,
} from './refusals.ts'

const BAD_JSON = { status: 400, code: 'bad_json' } as const
const BAD_BODY = { status: 400, code: 'bad_body' } as const
const WRONG_TYPE = { status: 415, code: 'wrong_content_type' } as const

/** The parts joined as latin1, so that any byte can be written. */
function bytes(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join(''), 'latin1')
}

function encoded(encoding: string, body: Buffer): Pick<BadCall, 'headers' | 'body'> {
  return { headers: { 'content-encoding': encoding }, body }
}

const calls: readonly BadCall[] = [
  { name: 'half a JSON is a 400', body: '{"model":"m"', ...BAD_JSON, says: /JSON/ },
  { name: 'text is a 400', body: 'hello', ...BAD_JSON, says: /JSON/ },
  { name: 'JSON with a comment is a 400', body: '{"model":"m"/**/}', ...BAD_JSON, says: /JSON/ },
  { name: 'two documents are a 400', body: `${GOOD_BODY}{}`, ...BAD_JSON, says: /JSON/ },
  { name: 'trailing garbage is a 400', body: `${GOOD_BODY} x`, ...BAD_JSON, says: /JSON/ },
  { name: 'a raw NUL is a 400', body: '{"model":"m\u0000"}', ...BAD_JSON, says: /JSON/ },
  { name: 'NaN is a 400', body: '{"model":"m","n":NaN}', ...BAD_JSON, says: /JSON/ },
  { name: 'Infinity is a 400', body: '{"model":"m","n":-Infinity}', ...BAD_JSON, says: /JSON/ },
  {
    name: 'a byte order mark is a 400',
    body: `\ufeff${GOOD_BODY}`,
    ...BAD_JSON,
    says: /JSON|byte order/,
  },
  {
    name: 'an empty body is a 400 that says it is empty',
    body: '',
    ...BAD_BODY,
    says: /it is empty/,
  },
  ...['[]', `[${GOOD_BODY}]`, '1', '"x"', 'null', 'true'].map((body) => ({
    name: `the body ${body} is a 400, for it is no object`,
    body,
    status: 400,
    code: 'bad_json',
    says: /not an object/,
  })),
  {
    name: 'a body that is nested 200,000 times is a 400 that says where it is too deep',
    body: `{"model":"m","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    status: 400,
    code: 'too_deep',
    says: /more than 64 .* at byte 80/,
  },
  {
    name: 'so is one that never closes what it opens',
    body: `{"model":"m","x":${'[{"a":'.repeat(40_000)}`,
    status: 400,
    code: 'too_deep',
    says: /more than 64/,
  },
  ...['model', 'stream', 'messages', 'n'].map((key) => ({
    name: `a body that names ${key} twice is a 400 that says where`,
    body: `{"${key}":null,"model":"m","${key}":1}`.replace(
      '"model":"m",',
      key === 'model' ? '' : '"model":"m",',
    ),
    status: 400,
    code: 'duplicate_key',
    says: new RegExp(`"${key}" at byte 1 and again at byte \\d+`),
    param: key,
  })),
  {
    name: 'a key that is repeated in disguise is still the same key',
    body: String.raw`{"model":"m","mod\u0065l":"other"}`,
    status: 400,
    code: 'duplicate_key',
    says: /"model" at byte 1/,
    param: 'model',
  },
  ...['1', '["m"]', '{}', 'true'].map((model) => ({
    name: `the model ${model} is a 400, for it is no text`,
    body: `{"model":${model},"messages":[]}`,
    ...BAD_BODY,
    says: /`model` must be a string/,
    param: 'model',
  })),
  {
    name: 'a model nobody serves is a 404 that says which there are',
    body: '{"model":"nope","messages":[]}',
    status: 404,
    code: 'model_not_found',
    says: /"nope"; there is m, other/,
    param: 'model',
  },
  {
    name: 'bytes that are no UTF-8 are a 400 and no replacement characters',
    body: bytes('{"model":"m","messages":[{"content":"a', '\xff\xfe', '"}]}'),
    ...BAD_BODY,
    says: /not valid UTF-8/,
  },
  {
    name: 'a surrogate in raw UTF-8 is a 400',
    body: bytes('{"model":"m","x":"', '\xed\xa0\x80', '"}'),
    ...BAD_BODY,
    says: /not valid UTF-8/,
  },
  {
    name: 'bytes that are no UTF-8 are no better for being compressed',
    ...encoded('gzip', gzipSync(bytes('{"model":"m","x":"', '\xff', '"}'))),
    ...BAD_BODY,
    says: /not valid UTF-8/,
  },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ].map((type) => ({
    name: `the content type ${type} is a 415 that names it`,
    headers: { 'content-type': type },
    ...WRONG_TYPE,
    says: new RegExp(`send application/json, not ${type.slice(0, 10)}`),
  })),
  {
    name: 'no content type is a 415',
    headers: { 'content-type': '' },
    ...WRONG_TYPE,
    says: /not nothing/,
  },
  ...['zstd', 'gzip, gzip', 'gzip, br', 'compress', 'x'].map((encoding) => ({
    name: `the content encoding ${encoding} is a 415 that names it`,
    ...encoded(encoding, encoding === 'zstd' ? zstdCompressSync(GOOD_BODY) : gzipSync(GOOD_BODY)),
    ...WRONG_TYPE,
    says: new RegExp(`Content-Encoding: ${encoding}`),
  })),
  {
    name: 'a body that is not what its encoding says is a 400',
    ...encoded('gzip', Buffer.from(GOOD_BODY)),
    status: 400,
    code: 'bad_body',
    says: /gzip/,
  },
  {
    name: 'so is a long one, of which the rest is not waited for',
    ...encoded('gzip', Buffer.alloc(BODY_LIMIT - 1, GOOD_BODY)),
    status: 400,
    code: 'bad_body',
    says: /gzip/,
  },
  {
    name: 'half a gzip is a 400',
    ...encoded('gzip', gzipSync(GOOD_BODY).subarray(0, -9)),
    status: 400,
    code: 'bad_body',
    says: /gzip/,
  },
  {
    name: 'a gzip that inflates beyond the limit is a 413',
    ...encoded('gzip', gzipSync(Buffer.alloc(64_000_000, '{"a":1}   '))),
    status: 413,
    code: 'body_too_large',
    says: new RegExp(`it may have ${BODY_LIMIT} bytes`),
  },
]

testRefusals('calls whose body cannot be used', calls)

describe('odd bodies that are good', () => {
  const scope = createScope()
  let strict: StrictGateway
  before(async () => void (strict = await startStrict(scope)))
  after(() => scope.close())

  const compressed = {
    gzip: gzipSync(GOOD_BODY),
    deflate: deflateSync(GOOD_BODY),
    br: brotliCompressSync(GOOD_BODY),
  }
  for (const [encoding, body] of Object.entries(compressed)) {
    test(`a ${encoding} body is understood and goes on inflated`, async () => {
      const reply = await strict.call({ body, headers: { 'content-encoding': encoding } })
      assert.equal(reply.status, 200, reply.body.toString())
      const sent = strict.upstream.seen.at(-1)
      assert.equal(sent?.body.toString(), GOOD_BODY)
      assert.equal(sent?.headers['content-encoding'], undefined)
    })
  }

  test('a replacement character that the caller wrote itself is text', async () => {
    const body = '{"model":"m","x":"\ufffd"}'
    for (const parts of [
      { body },
      { body: gzipSync(body), headers: { 'content-encoding': 'gzip' } },
    ]) {
      assert.equal((await strict.call(parts)).status, 200)
      assert.equal(strict.upstream.seen.at(-1)?.body.toString(), body)
    }
  })

  for (const [what, body] of Object.entries({
    'half a surrogate pair, escaped': String.raw`{"model":"m","messages":[{"role":"user","content":"\ud800 \uDFFF"}]}`,
    'an escaped NUL': String.raw`{"model":"m","messages":[{"role":"user","content":"a\u0000b"}]}`,
    'numbers no double can hold':
      '{"model":"m","n":1e400,"seed":12345678901234567890,"x":-0,"y":0.10}',
    'a stream that is neither true nor false': '{"model":"m","stream":"true","messages":[]}',
    'odd spacing': '\r\n { "model"\t:\n"m" ,"messages" : [ ] }\n ',
    'an unknown key that comes twice': '{"model":"m","x":1,"x":2}',
  })) {
    test(`${what} goes on byte by byte and can be read back`, async () => {
      const reply = await strict.call({ body })
      assert.equal(reply.status, 200, reply.body.toString())
      assert.equal(strict.upstream.seen.at(-1)?.body.toString(), body)
      const id = String(reply.headers['x-trace-id'])
      const request = await fetch(`${strict.gateway.url}/traces/${id}/raw/request`)
      assert.equal(await request.text(), body)
      const trace = await fetch(`${strict.gateway.url}/traces/${id}`)
      assert.deepEqual(
        ((await trace.json()) as { raw_request: unknown }).raw_request,
        readBack(body),
      )
    })
  }
})

/** What JSON can say of this body's numbers. */
function readBack(body: string): unknown {
  return JSON.parse(JSON.stringify(JSON.parse(body)))
}
