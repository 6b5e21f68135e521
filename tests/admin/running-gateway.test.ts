import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'

describe('a gateway with an admin token', () => {
  const scope = createScope()
  let gateway: RunningGateway

  before(async () => {
    const upstream = await startUpstream(scope)
    upstream.play(single(completion('hi')))
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    const config = { upstreams, admin_token: '${TOKEN}' }
    gateway = await startGateway(scope, { config, env: { TOKEN: 's3cret' } })
  })
  after(() => scope.close())

  const status = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const reply = await fetch(gateway.url + path, { headers })
    await reply.body?.cancel()
    return reply.status
  }

  test('takes calls without it, with any key of their own', async () => {
    const url = `${gateway.url}/sessions/s/v1/chat/completions`
    assert.equal((await post(url, chat(false))).status, 200)
    assert.equal((await post(url, chat(false), { authorization: 'Bearer EMPTY' })).status, 200)
  })

  test('shows what was said to its holder alone', async () => {
    for (const path of ['/sessions', '/sessions/s/traces', '/traces', '/admin/workers']) {
      assert.equal(await status(path), 401, path)
      assert.equal(await status(path, { authorization: 'Bearer EMPTY' }), 401, path)
      assert.equal(await status(path, { authorization: 'Bearer s3cret' }), 200, path)
    }
  })

  test('says how it is to anybody', async () => {
    for (const path of ['/health', '/health/workers', '/admin/tracer/flush']) {
      assert.equal(await status(path), 200, path)
    }
  })

  test('never repeats the token', async () => {
    const reply = await fetch(`${gateway.url}/sessions`, { headers: { 'x-api-key': 's3cres' } })
    const text = (await reply.text()) + JSON.stringify([...reply.headers])
    assert.doesNotMatch(text, /s3cre/)
    assert.doesNotMatch(gateway.stderr(), /s3cre/)
  })
})

test('a gateway whose plugins save nothing says so to those who flush the tracer', async (t) => {
  const gateway = await startGateway(t, { config: { plugins: ['stream-accumulator'] } })
  const reply = await fetch(`${gateway.url}/admin/tracer/flush`)
  assert.equal(reply.status, 503)
  assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'no_tracer')
})
