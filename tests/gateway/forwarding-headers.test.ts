import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  type ScriptedUpstream,
  type SeenRequest,
} from '../support/scripted-upstream.ts'
import { requestOf, talk } from './raw-talk.ts'

const CREDENTIALS = {
  authorization: 'Bearer sk-caller',
  'x-api-key': 'sk-caller',
  'api-key': 'sk-caller',
  'x-goog-api-key': 'sk-caller',
  cookie: 'sid=sk-caller',
  'proxy-authorization': 'Basic sk-caller',
}
const SECRET = 'canary-of-the-team'

describe('headers on their way to an upstream and back', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    upstream.play(single(completion('well')))
    const { url } = upstream
    gateway = await startGateway(scope, {
      config: {
        upstreams: [
          { url, kind: 'generic', name: 'plain', models: ['plain'] },
          { url, kind: 'generic', name: 'open', models: ['open'], pass_authorization: true },
          {
            url,
            kind: 'generic',
            name: 'keyed',
            models: ['keyed'],
            api_key: 'sk-server',
            headers: { 'x-team': 'blue' },
          },
          { url: 'http://127.0.0.1:1', kind: 'generic', models: ['moved'], api_key: 'sk-server' },
          { url, kind: 'generic', name: 'next', models: ['moved'] },
        ],
        store: { synchronous: 'off' },
      },
    })
  })
  after(() => scope.close())

  async function sent(
    model: string,
    headers: Record<string, string>,
    path = '/v1/chat/completions',
  ): Promise<SeenRequest> {
    const before = upstream.seen.length
    const reply = await post(gateway.url + path, { model, messages: [] }, headers)
    assert.equal(reply.status, 200, reply.body.toString())
    const request = upstream.seen[before]
    assert.ok(request)
    return request
  }

  test('a request leaves with what speaks of the call, and nothing that speaks of the connection', async () => {
    const body = '{"model":"plain","messages":[]}'
    const { socket, next } = await talk(gateway.port)
    socket.write(
      requestOf(
        'POST /v1/chat/completions HTTP/1.1',
        {
          host: 'gateway.test',
          connection: 'keep-alive, X-Named',
          'x-named': '1',
          'keep-alive': 'timeout=5',
          te: 'trailers',
          trailer: 'x-t',
          'proxy-connection': 'keep-alive',
          'accept-encoding': 'gzip, br',
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(body.length),
          'user-agent': 'agent/1',
          'x-own': 'a;b="c" blü 日本',
        },
        body,
      ),
    )
    assert.equal((await next())?.status, 200)
    socket.destroy()
    const { via, 'x-request-id': id, ...headers } = upstream.seen.at(-1)?.headers ?? {}
    assert.match(String(via), /^1\.1 sluice-\w+$/)
    assert.match(String(id), /^[0-9a-f-]{36}$/)
    assert.deepEqual(headers, {
      host: new URL(upstream.url).host,
      connection: 'keep-alive',
      'accept-encoding': 'identity',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      'user-agent': 'agent/1',
      'x-own': Buffer.from('a;b="c" blü 日本').toString('latin1'),
    })
  })

  test('a reply comes back without what spoke of its connection, and cannot forge our own headers', async () => {
    upstream.play(
      single(completion('well'), {
        headers: {
          connection: 'keep-alive, X-Named',
          'x-named': '1',
          'keep-alive': 'timeout=1',
          'proxy-authenticate': 'Basic',
          'set-cookie': 'sid=1',
          'x-trace-id': 'forged',
          'x-trace-durability': 'forged',
          'x-own': 'a, b',
          'openai-processing-ms': '12',
        },
      }),
    )
    const { headers } = await post(`${gateway.url}/v1/chat/completions`, { model: 'plain' })
    upstream.play(single(completion('well')))
    const gone = ['x-named', 'proxy-authenticate', 'set-cookie']
    assert.deepEqual(
      Object.keys(headers).filter((name) => gone.includes(name)),
      [],
    )
    assert.deepEqual([headers['x-own'], headers['openai-processing-ms']], ['a, b', '12'])
    assert.match(String(headers['x-trace-id']), /^[0-9a-f-]{36}$/)
    assert.equal(headers['x-trace-durability'], 'os')
    assert.equal(headers['content-length'], String(completion('well').length))
  })

  test("a caller's credentials end at the gateway", async () => {
    const { headers } = await sent('plain', CREDENTIALS)
    assert.doesNotMatch(JSON.stringify(headers), /sk-caller/)
  })

  test("a caller's keys, but no cookie, go to an upstream that is to get them", async () => {
    const { headers } = await sent('open', CREDENTIALS)
    assert.equal(headers['authorization'], 'Bearer sk-caller')
    assert.equal(headers['x-api-key'], 'sk-caller')
    assert.equal(headers['cookie'], undefined)
    assert.equal(headers['proxy-authorization'], undefined)
  })

  test("an upstream's own key and headers take the place of the caller's", async () => {
    const { headers } = await sent('keyed', { ...CREDENTIALS, 'x-team': 'red' })
    assert.deepEqual([headers['authorization'], headers['x-team']], ['Bearer sk-server', 'blue'])
  })

  test('the key of an upstream that cannot be reached does not go to the next one', async () => {
    const { headers } = await sent('moved', CREDENTIALS)
    assert.equal(headers['authorization'], undefined)
    assert.doesNotMatch(JSON.stringify(headers), /sk-/)
  })

  test('trace context is carried as it is', async () => {
    const context = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=abc,other=1',
      baggage: 'session=1;p=2',
    }
    const { headers } = await sent('plain', context)
    const { traceparent, tracestate, baggage } = headers
    assert.deepEqual({ traceparent, tracestate, baggage }, context)
  })

  test('nothing of session and metadata reaches an upstream', async () => {
    const metadata = { session_id: `${SECRET}-1`, session_uids: [`${SECRET}-2`], note: SECRET }
    const slug = Buffer.from(JSON.stringify(metadata)).toString('base64url')
    const request = await sent(
      'plain',
      {
        'x-session-id': `${SECRET}-3`,
        'x-sluice-metadata': JSON.stringify({ other: SECRET }),
        'x-sluice-anything': SECRET,
      },
      `/meta/rllm1:${slug}/sessions/${SECRET}-4/v1/chat/completions`,
    )
    assert.equal(request.path, '/v1/chat/completions')
    const whole = `${JSON.stringify(request.headers)}${request.body.toString()}`
    assert.ok(!whole.includes(SECRET) && !whole.includes(slug), whole)
  })

  test('metadata goes upstream in the header that the configuration names, as ASCII, unforgeable', async () => {
    const other = await startGateway(scope, {
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic' }],
        metadata_header: 'x-call-metadata',
      },
    })
    const headers = {
      'x-sluice-metadata': '{"team":"bl\\u00fc \\ud83d\\ude00","session_id":"s"}',
      'x-call-metadata': 'forged',
    }
    await post(`${other.url}/v1/chat/completions`, { model: 'm' }, headers)
    const seen = upstream.seen.at(-1)?.headers['x-call-metadata']
    assert.equal(seen, '{"team":"bl\\u00fc \\ud83d\\ude00"}')
    await other.stop()
  })

  for (const [what, given, kept] of [
    ['of a caller stays', 'req-1', true],
    ['that no header may hold is replaced', 'a b', false],
    ['that is too long is replaced', 'x'.repeat(201), false],
    ['is made where there is none', undefined, false],
  ] as const) {
    test(`a request id ${what}, the same one upstream, downstream and on record`, async () => {
      const headers = given === undefined ? {} : { 'x-request-id': given }
      const reply = await post(`${gateway.url}/v1/chat/completions`, { model: 'plain' }, headers)
      const id = String(reply.headers['x-request-id'])
      if (kept) assert.equal(id, given)
      else assert.match(id, /^[0-9a-f-]{36}$/)
      assert.equal(upstream.seen.at(-1)?.headers['x-request-id'], id)
      const trace = await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)
      assert.equal((trace as { request_id: string }).request_id, id)
    })
  }
})
