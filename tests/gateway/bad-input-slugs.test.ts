import { PATH, testRefusals, type BadCall } from './refusals.ts'

/** A slug of these bytes, whatever they say. */
function slug(payload: string | Buffer): string {
  return `rllm1:${Buffer.from(payload).toString('base64url')}`
}

const SLUGS: Readonly<Record<string, readonly [slug: string, says: RegExp]>> = {
  'that is not there': ['', /empty: there is no slug/],
  'without its prefix': ['e30', /prefix: a slug begins with rllm1:/],
  'with nothing behind the prefix': ['rllm1:', /empty: nothing follows rllm1:/],
  'with a character that is not base64url': ['rllm1:e3!0', /base64: the character "!" at 8/],
  'of an impossible length': ['rllm1:e', /base64: 1 characters/],
  'whose bytes are not UTF-8': [slug(Buffer.from([0x7b, 0xff, 0x7d])), /utf8/],
  'that is no JSON': [slug('{"a":'), /json/],
  'that is an array': [slug('[]'), /not_object: .* an array/],
  'that is a number': [slug('1'), /not_object: .* a number/],
  'that is null': [slug('null'), /not_object: .* null/],
  'with a key that reaches the prototype': [slug('{"__proto__":{"a":1}}'), /forbidden_key/],
  'with such a key inside': [slug('{"a":[{"constructor":1}]}'), /forbidden_key: .* constructor/],
  'that is nested too deeply': [slug('{"a":'.repeat(40) + '1' + '}'.repeat(40)), /too_deep/],
  'that is too long': [slug(`{"a":"${'x'.repeat(13_000)}"}`), /too_large: .* 16384/],
}

const SESSIONS: Readonly<Record<string, readonly [id: string, says: RegExp]>> = {
  'that is ..': ['..', /holds the path segment/],
  'that is .. in disguise': ['%2e%2e', /holds the path segment/],
  'that climbs with an encoded slash': ['%2e%2e%2fetc', /holds the path segment/],
  'that climbs in its middle': ['a/%2E%2e/b', /holds the path segment/],
  'with a NUL': ['a%00b', /holds a control character/],
  'with a line feed': ['a%0ab', /holds a control character/],
  'of 1 KB': ['a'.repeat(1024), /has 1024 characters, the limit is 512/],
  'that is empty': ['', /is empty/],
  'named __proto__': ['__proto__', /reserved name __proto__/],
  'with __proto__ in it': ['a/__proto__', /reserved name __proto__/],
}

const calls: readonly BadCall[] = [
  ...Object.entries(SLUGS).map(([what, [text, says]]) => ({
    name: `a slug ${what} is a 400 that says so`,
    path: `/meta/${text}${PATH}`,
    status: 400,
    code: 'bad_slug',
    says,
  })),
  {
    name: 'a slug of a later version is a 400 of its own',
    path: `/meta/rllm2:e30${PATH}`,
    status: 400,
    code: 'slug_version',
    says: /version 2, only version 1 is known/,
  },
  {
    name: 'a bad slug behind a base URL that ended in /v1 is no OpenAI path',
    path: `/v1/meta/rllm1:e3!0${PATH}`,
    status: 400,
    code: 'bad_slug',
    says: /base64/,
  },
  {
    name: 'two slugs are one too many',
    path: `/meta/${slug('{"a":1}')}/sessions/s/meta/${slug('{}')}${PATH}`,
    status: 400,
    code: 'bad_slug',
    says: /two slugs/,
  },
  {
    name: 'a slug that no call follows is a 404 that says what is missing',
    path: `/meta/${slug('{"a":1}')}/health`,
    status: 404,
    code: 'route_not_found',
    says: /no \/v1 follows the slug/,
  },
  ...Object.entries({
    'a number': '{"session_id":1}',
    'a list': '{"session_id":["a"]}',
    'an object': '{"session_id":{}}',
  }).map(([what, json]) => ({
    name: `a slug whose session_id is ${what} is a 400`,
    path: `/meta/${slug(json)}${PATH}`,
    status: 400,
    code: 'bad_metadata',
    says: /session_id of the slug is not a string/,
  })),
  {
    name: 'a slug whose session_uids are not all texts is a 400',
    path: `/meta/${slug('{"session_uids":["a",1]}')}${PATH}`,
    status: 400,
    code: 'bad_metadata',
    says: /session_uids of the slug is not an array of strings/,
  },
  {
    name: 'a session id in a slug follows the same rules as one in the path',
    path: `/meta/${slug('{"session_id":"../../etc"}')}${PATH}`,
    status: 400,
    code: 'bad_session',
    says: /session_id holds the path segment/,
    param: 'session_id',
  },
  {
    name: 'metadata in a header that is no JSON is a 400 that names the header',
    headers: { 'x-sluice-metadata': '{"a":' },
    status: 400,
    code: 'bad_metadata',
    says: /x-sluice-metadata, json: it is not JSON/,
    param: 'x-sluice-metadata',
  },
  {
    name: 'metadata in a header with a key that reaches the prototype is a 400',
    headers: { 'x-sluice-metadata': '{"a":{"__proto__":1}}' },
    status: 400,
    code: 'bad_metadata',
    says: /forbidden_key/,
    param: 'x-sluice-metadata',
  },
  {
    name: 'a session id in a header follows the same rules',
    headers: { 'x-session-id': 'a/../b' },
    status: 400,
    code: 'bad_session',
    says: /x-session-id holds the path segment/,
    param: 'x-session-id',
  },
  ...Object.entries(SESSIONS).map(([what, [id, says]]) => ({
    name: `a session id ${what} is a 400 that says so`,
    path: `/sessions/${id}${PATH}`,
    status: 400,
    code: 'bad_session',
    says,
    param: 'the session in the path',
  })),
  {
    name: 'a session id whose escapes are no UTF-8 is a 400',
    path: `/sessions/%ED%A0%80${PATH}`,
    status: 400,
    code: 'bad_request',
    says: /not percent-encoded UTF-8/,
  },
  {
    name: 'a session id with a broken escape is a 400',
    path: `/sessions/%zz${PATH}`,
    status: 400,
    code: 'bad_request',
    says: /not percent-encoded UTF-8/,
  },
]

testRefusals('calls whose slug or session cannot be used', calls)
