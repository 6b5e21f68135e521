import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { encodeMetadataSlug } from '../../src/client/index.ts'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

const LOGPROBS = `"logprobs":{"content":[{"token":"hi","logprob":-0.5,"bytes":null,"top_logprobs":[]}]}`

describe('sampling params of a session', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    upstream.play(single(completion('hi')))
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    gateway = await startGateway(scope, { config: { upstreams } })
  })
  after(() => scope.close())

  const create = (session_id: string, sampling_params?: object): Promise<unknown> =>
    put(gateway, session_id, sampling_params)

  /** Calls in a session and gives what went upstream. */
  async function sent(session: string, body: object = chat(false), path = 'chat/completions') {
    await post(`${gateway.url}/sessions/${session}/v1/${path}`, body)
    return JSON.parse(String(upstream.seen.at(-1)?.body)) as Record<string, unknown>
  }

  async function lastTrace(session: string): Promise<Trace> {
    const trace = ((await gateway.json(`/sessions/${session}/traces`)) as Trace[]).at(-1)
    assert.ok(trace)
    return trace
  }

  test('lie over what its calls send, from the moment the session was created', async () => {
    await create('over', { temperature: 0.5, top_k: 3 })
    const body = await sent('over', { ...chat(false), temperature: 1, top_p: 0.9 })
    assert.deepEqual(body, { ...chat(false), temperature: 0.5, top_p: 0.9, top_k: 3 })
    assert.deepEqual(await sent('over/not'), chat(false))
  })

  test('are on the trace as a change of the gateway, beside what the caller sent', async () => {
    await create('told', { temperature: 0.5, top_k: 3, top_p: 1 })
    await sent('told', { ...chat(false), temperature: 1, top_p: 1 })
    const trace = await lastTrace('told')
    assert.deepEqual(trace.changes, [
      { plugin: 'sluice', hook: 'sampling_params', keys: ['temperature', 'top_k'] },
    ])
    assert.deepEqual(trace.params_sent, { temperature: 0.5, top_k: 3 })
    assert.equal(trace.raw_request?.['temperature'], 1)
  })

  test('that say what the caller says leave its bytes as they are', async () => {
    await create('same', { temperature: 1 })
    const body = '{ "temperature": 1.0, "model": "m", "messages": [] }'
    await post(`${gateway.url}/sessions/same/v1/chat/completions`, Buffer.from(body))
    assert.equal(String(upstream.seen.at(-1)?.body), body)
  })

  test('that ask for logprobs are hidden from a caller that did not', async () => {
    await create('logprobs', { logprobs: true })
    const reply = completion('hi').replace('"logprobs":null', LOGPROBS)
    upstream.play(single(reply), single(completion('hi')))
    const url = `${gateway.url}/sessions/logprobs/v1/chat/completions`
    const { body } = await post(url, chat(false))
    assert.equal(
      (JSON.parse(String(upstream.seen.at(-1)?.body)) as { logprobs: unknown }).logprobs,
      true,
    )
    assert.doesNotMatch(body.toString(), /logprob/)
    assert.deepEqual((await lastTrace('logprobs')).choices[0]?.logprobs, [-0.5])
  })

  test('change with the session, at once', async () => {
    await create('changing', { temperature: 0.1 })
    assert.equal((await sent('changing'))['temperature'], 0.1)
    await create('changing', { temperature: 0.2 })
    assert.equal((await sent('changing'))['temperature'], 0.2)
    await create('changing')
    assert.equal((await sent('changing'))['temperature'], 0.2)
    await gateway.json('/sessions/changing', { method: 'DELETE' })
    assert.deepEqual(await sent('changing'), chat(false))
    await create('changing', { temperature: 0.3 })
    assert.equal((await sent('changing'))['temperature'], 0.3)
    await gateway.json('/sessions/batch_delete', json({ session_ids: ['changing'] }))
    assert.deepEqual(await sent('changing'), chat(false))
  })

  test('of several sessions are merged in their order, the last one wins', async () => {
    await create('wide', { temperature: 0.1, top_p: 0.1 })
    await create('narrow', { temperature: 0.2, top_k: 2 })
    const slug = encodeMetadataSlug({ session_uids: ['wide', 'plain', 'narrow'] })
    await post(`${gateway.url}/meta/${slug}/v1/chat/completions`, chat(false))
    assert.deepEqual(JSON.parse(String(upstream.seen.at(-1)?.body)), {
      ...chat(false),
      temperature: 0.2,
      top_p: 0.1,
      top_k: 2,
    })
  })

  test('are for calls that sample, and for no others', async () => {
    await create('kinds', { temperature: 0.5 })
    const temperature = async (path: string, body: object) =>
      (await sent('kinds', body, path))['temperature']
    assert.equal(await temperature('completions', { model: 'm', prompt: 'p' }), 0.5)
    assert.equal(await temperature('responses', { model: 'm', input: 'p' }), 0.5)
    assert.equal(await temperature('messages', { model: 'm', messages: [] }), 0.5)
    assert.equal(await temperature('embeddings', { model: 'm', input: 'p' }), undefined)
    assert.equal(await temperature('rerank', { model: 'm', query: 'p' }), undefined)
  })
})

test('sampling params and metadata of a session are there after a restart, and after a kill', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('hi')))
  const config = { upstreams: [{ url: upstream.url, kind: 'generic' }] }
  let gateway = await startGateway(t, { config })
  const { dir } = gateway
  const check = async (temperature: number, step: number): Promise<void> => {
    await post(`${gateway.url}/sessions/kept/v1/chat/completions`, chat(false))
    const body = JSON.parse(String(upstream.seen.at(-1)?.body)) as { temperature?: number }
    assert.equal(body.temperature, temperature)
    const info = (await gateway.json('/sessions/kept')) as { metadata: unknown }
    assert.deepEqual(info.metadata, { step })
  }
  await put(gateway, 'kept', { temperature: 0.25 }, { step: 1 })
  await gateway.stop()
  gateway = await startGateway(t, { config, dir })
  await check(0.25, 1)
  await put(gateway, 'kept', { temperature: 0.75 }, { step: 2 })
  await gateway.kill()
  gateway = await startGateway(t, { config, dir })
  await check(0.75, 2)
})

function put(
  gateway: RunningGateway,
  session_id: string,
  sampling_params?: object,
  metadata?: object,
): Promise<unknown> {
  return gateway.json('/sessions', json({ session_id, sampling_params, metadata }))
}

function json(body: object): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}
