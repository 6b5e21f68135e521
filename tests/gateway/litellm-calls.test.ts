import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { chat, completion } from '../support/events.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const WELL = single(completion('well'), {
  headers: { 'x-ratelimit-remaining-requests': '41', 'x-other': 'o' },
})
const STREAM = stream([
  'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n',
  'data: [DONE]\n\n',
])

function errorIn(reply: RawReply): Record<string, unknown> {
  return (JSON.parse(reply.body.toString()) as { error: Record<string, unknown> }).error
}

describe("a call in LiteLLM's words", () => {
  const scope = createScope()
  let upstream: ScriptedUpstream
  let gateway: RunningGateway
  let plain: RunningGateway
  before(async () => {
    upstream = await startUpstream(scope)
    const entry = { url: upstream.url, kind: 'generic', models: ['m'], send_model: 'org/real' }
    const upstreams = [{ ...entry, timeout_ms: 60_000 }]
    gateway = await startGateway(scope, { config: { upstreams, routing: { litellm: true } } })
    plain = await startGateway(scope, { config: { upstreams } })
  })
  after(() => scope.close())

  const ask = (
    extra: object,
    headers: Record<string, string> = {},
    at = gateway,
  ): Promise<RawReply> =>
    post(`${at.url}/v1/chat/completions`, chat(false, { model: 'm', ...extra }), headers)

  async function sessionsOf(reply: RawReply): Promise<unknown> {
    const trace = await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)
    return (trace as { session_ids: unknown }).session_ids
  }

  test('is answered with what became of it, and with what the upstream says of its limits', async () => {
    upstream.play(WELL)
    const { headers } = await ask({}, { 'x-litellm-call-id': 'mine' })
    assert.equal(headers['x-litellm-call-id'], 'mine')
    assert.match(String(headers['x-litellm-version']), /^sluice-\d/)
    assert.equal(headers['x-litellm-model-group'], 'm')
    assert.equal(headers['x-litellm-model-name'], 'org/real')
    assert.equal(headers['x-litellm-timeout'], '60')
    assert.equal(headers['llm_provider-x-ratelimit-remaining-requests'], '41')
    assert.equal(headers['llm_provider-x-other'], undefined)
    const took = Number(headers['x-litellm-response-duration-ms'])
    const own = Number(headers['x-litellm-overhead-duration-ms'])
    assert.ok(own > 0 && own < took, `${own} of ${took}`)
  })

  test('has an id also where it was turned away, the one that its caller gave it', async () => {
    const unknown = await ask({ model: 'nobody' })
    assert.equal(unknown.status, 404)
    assert.match(String(unknown.headers['x-litellm-call-id']), /^[0-9a-f-]{36}$/)
    const unread = await post(`${gateway.url}/v1/chat/completions`, '{', {
      'x-litellm-call-id': 'mine',
    })
    assert.deepEqual([unread.status, unread.headers['x-litellm-call-id']], [400, 'mine'])
    const bare = await post(`${plain.url}/v1/chat/completions`, '{')
    assert.equal(bare.headers['x-litellm-call-id'], undefined)
  })

  test('has no durations in front of a stream, which nobody knows yet', async () => {
    upstream.play(STREAM)
    const { headers } = await ask({ stream: true })
    assert.equal(headers['x-litellm-response-duration-ms'], undefined)
    assert.equal(headers['x-litellm-model-name'], 'org/real')
  })

  test('has none of these headers without a LiteLLM configuration', async () => {
    upstream.play(WELL)
    const { headers } = await ask({}, {}, plain)
    assert.deepEqual(
      Object.keys(headers).filter((name) => /litellm|llm_provider/.test(name)),
      [],
    )
  })

  for (const [extra, headers, session] of [
    [{}, { 'x-litellm-session-id': 'by-header' }, 'by-header'],
    [{}, { 'x-litellm-trace-id': 'by-trace' }, 'by-trace'],
    [{ litellm_session_id: 'by-field' }, { 'x-litellm-trace-id': 'later' }, 'by-field'],
    [{ metadata: { session_id: 'by-metadata' } }, {}, 'by-metadata'],
    [{ litellm_metadata: { session_id: 'by-its-own' } }, {}, 'by-its-own'],
    [{ litellm_trace_id: 'by-trace-field' }, {}, 'by-trace-field'],
    [{ litellm_session_id: 'not-this' }, { 'x-session-id': 'this' }, 'this'],
    [{ litellm_session_id: 7, metadata: { session_id: '' } }, {}, 'default'],
  ] as const) {
    test(`belongs to ${session} with ${JSON.stringify({ ...extra, ...headers })}`, async () => {
      upstream.play(WELL)
      assert.deepEqual(await sessionsOf(await ask(extra, headers)), [session])
    })
  }

  test('is refused for a session that cannot be one', async () => {
    const reply = await ask({ litellm_session_id: 'a\nb' })
    assert.deepEqual([reply.status, errorIn(reply)['code']], [400, '400'])
    assert.match(String(errorIn(reply)['message']), /litellm_session_id/)
  })

  for (const [extra, headers] of [
    [{ timeout: 0.05 }, {}],
    [{ timeout: '0.05' }, {}],
    [{}, { 'x-litellm-timeout': '0.05' }],
    [{ stream: true, stream_timeout: 0.05, timeout: 60 }, {}],
    [{ stream: true }, { 'x-litellm-stream-timeout': '0.05' }],
    [{ stream: true, timeout: 0.05 }, {}],
  ] as const) {
    test(`is given up in time with ${JSON.stringify({ ...extra, ...headers })}`, async () => {
      upstream.play(() => {})
      const reply = await ask({ ...extra, num_retries: 0 }, headers)
      assert.equal(reply.status, 504)
      assert.match(String(errorIn(reply)['message']), /took more than 50 ms/)
      assert.equal(reply.headers['x-litellm-timeout'], '0.05')
      const sent = JSON.parse(upstream.seen.at(-1)?.body.toString() ?? '') as object
      assert.ok(!('timeout' in sent) && !('stream_timeout' in sent))
    })
  }

  test('keeps from the server what is for the proxy alone, and not what servers know by that name', async () => {
    const steering = {
      metadata: { tags: ['a'], spend_logs_metadata: { run: 1 } },
      drop_params: true,
      allowed_openai_params: ['seed'],
      extra_headers: { 'x-a': 'b' },
      guardrails: [],
    }
    const sent = (): object => JSON.parse(String(upstream.seen.at(-1)?.body)) as object
    upstream.play(WELL)
    await ask(steering)
    assert.deepEqual(Object.keys(sent()).toSorted(), ['messages', 'model', 'stream'])
    const metadata = { user_id: 'u' }
    await post(`${gateway.url}/v1/responses`, { model: 'm', input: 'q', metadata })
    assert.deepEqual(sent(), { model: 'org/real', input: 'q', metadata })
    await ask(steering, {}, plain)
    assert.deepEqual(sent(), { ...chat(false, { model: 'org/real' }), ...steering })
  })

  test('is never given longer than is configured', async () => {
    upstream.play(WELL)
    const { headers } = await ask({ timeout: 3_600 })
    assert.equal(headers['x-litellm-timeout'], '60')
  })

  for (const [extra, headers, param] of [
    [{ timeout: 0 }, {}, 'timeout'],
    [{ timeout: 'soon' }, {}, 'timeout'],
    [{ timeout: true }, {}, 'timeout'],
    [{ timeout: [1] }, {}, 'timeout'],
    [{ timeout: 1e12 }, {}, 'timeout'],
    [{ stream_timeout: -1 }, {}, 'stream_timeout'],
    [{}, { 'x-litellm-timeout': '5s' }, 'timeout'],
    [{ api_base: 'http://127.0.0.1:1/v1' }, {}, 'api_base'],
    [{ base_url: 'http://127.0.0.1:1/v1' }, {}, 'base_url'],
    [{ api_key: 'sk-theirs' }, {}, 'api_key'],
    [{ mock_response: 'made up' }, {}, 'mock_response'],
    [{ guardrails: ['pii'] }, {}, 'guardrails'],
    [{ api_version: '2' }, {}, 'api_version'],
  ] as const) {
    test(`is refused, unsent, with ${JSON.stringify({ ...extra, ...headers })}`, async () => {
      const before = upstream.seen.length
      const reply = await ask(extra, headers)
      assert.deepEqual([reply.status, errorIn(reply)['param']], [400, param])
      assert.equal(upstream.seen.length, before)
    })
  }

  test('goes nowhere else without a LiteLLM configuration, either: such fields are for the server', async () => {
    upstream.play(WELL)
    const reply = await ask({ api_base: 'http://127.0.0.1:1/v1', timeout: 'soon' }, {}, plain)
    assert.equal(reply.status, 200)
    const sent = JSON.parse(upstream.seen.at(-1)?.body.toString() ?? '') as object
    assert.ok('api_base' in sent && 'timeout' in sent)
  })
})
