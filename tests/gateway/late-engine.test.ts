import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completion } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import {
  single,
  startUpstream,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { call, register } from './workers-setup.ts'

const missing = single('{"detail":"Not Found"}', { status: 404 })

/** A server with these GET routes that answers every call. */
function engine(routes: Readonly<Record<string, string>>): Script {
  return (socket, request) => {
    if (request.method === 'POST') return single(completion('hi'))(socket, request)
    const body = routes[request.path]
    return (body === undefined ? missing : single(body))(socket, request)
  }
}

/** True when the call that came last was asked for its token ids. */
function askedForIds({ seen }: ScriptedUpstream): boolean {
  const last = seen.findLast(({ method }) => method === 'POST')
  assert.ok(last)
  return last.body.includes('"return_token_ids":true')
}

test(
  'an engine that was registered before it was up is asked for token ids once it is',
  { timeout: 30_000 },
  async (t) => {
    const server = await startUpstream(t)
    const gateway = await startGateway(t, { config: { health: { unhealthy_after: 1_000_000 } } })
    server.play(single('starting', { status: 503 }))
    await register(gateway, { url: server.url })
    assert.equal((await call(gateway, 's')).status, 503)
    server.play(engine({ '/version': '{"version":"0.24.0"}' }))
    do assert.equal((await call(gateway, 's')).status, 200)
    while (!askedForIds(server))
  },
)

test('an engine of which a proxy shows the API alone is asked for token ids', async (t) => {
  const server = await startUpstream(t)
  const gateway = await startGateway(t)
  const models = '{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}]}'
  server.play(engine({ '/serve/v1/models': models }))
  await register(gateway, { url: `${server.url}/serve`, api_path: '/v1' })
  await call(gateway, 's')
  assert.equal(askedForIds(server), true)
})
