import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { Trace } from 'sluice/plugin'
import { completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { objectText } from './json-text.ts'

const RUNS = 80

describe('request bodies on their way to an upstream', () => {
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
          { url, kind: 'generic', name: 'generic', models: ['generic'] },
          { url, kind: 'vllm', name: 'vllm', models: ['vllm'] },
        ],
        store: { synchronous: 'off' },
      },
    })
  })
  after(() => scope.close())

  /** Every body that went through, as it came in and as it was sent on. */
  const passed = new Map<string, { received: string; sent: string }>()

  /** What the upstream got, and the trace id. */
  async function forwarded(body: string): Promise<{ sent: string; id: string }> {
    const reply = await post(`${gateway.url}/v1/chat/completions`, body)
    assert.equal(reply.status, 200, `${body}\n${reply.body.toString()}`)
    const sent = upstream.seen.pop()?.body.toString() ?? ''
    const id = String(reply.headers['x-trace-id'])
    passed.set(id, { received: body, sent })
    return { sent, id }
  }

  test('any JSON object reaches the upstream byte by byte when nothing is added', async () => {
    await fc.assert(
      fc.asyncProperty(objectText(), async (text) => {
        const body = text.replace('MODEL', 'generic')
        assert.equal((await forwarded(body)).sent, body)
      }),
      { numRuns: RUNS },
    )
  })

  test('what is added to any JSON object stands behind its own bytes, which stay as they are', async () => {
    await fc.assert(
      fc.asyncProperty(objectText(), async (text) => {
        const body = text.replace('MODEL', 'vllm')
        const { sent } = await forwarded(body)
        const added = sent.length - body.length
        const at = sent.lastIndexOf(',"logprobs":true')
        assert.equal(sent.slice(0, at) + sent.slice(at + added), body)
        assert.equal(sent.slice(at, at + added), ',"logprobs":true,"return_token_ids":true')
      }),
      { numRuns: RUNS },
    )
  })

  test('numbers that no double can hold keep their digits beside what is changed', async () => {
    const before = '{ "seed":12345678901234567890, "model" : "vllm","x":-0,"y":1e400, "logprobs" :'
    const { sent, id } = await forwarded(`${before} false , "z":[0.10 ] }`)
    assert.equal(sent, `${before} true , "z":[0.10 ],"return_token_ids":true }`)
    const raw = await fetch(`${gateway.url}/traces/${id}/raw/sent`)
    assert.equal(await raw.text(), sent, 'the record holds what was sent')
  })

  test('what a caller sent and what was sent on are both on record', async () => {
    const { id } = await forwarded('{"model":"vllm","messages":[]}')
    const trace = (await gateway.json(`/traces/${id}`)) as Trace
    assert.deepEqual(trace.raw_request, { model: 'vllm', messages: [] })
    assert.deepEqual(trace.params_sent, { logprobs: true, return_token_ids: true })
    assert.deepEqual(trace.changes, [
      { plugin: 'parameter-injection', hook: 'attempt', keys: ['logprobs', 'return_token_ids'] },
    ])
  })

  test('a body that is no JSON passes where no dialect is known, with its type and encoding', async () => {
    const body = gzipSync('--x\r\n\r\nsound\r\n--x--')
    const type = 'multipart/form-data; boundary=x'
    const headers = { 'content-type': type, 'content-encoding': 'gzip' }
    const reply = await post(`${gateway.url}/v1/audio/transcriptions`, body, headers)
    assert.equal(reply.status, 200)
    const sent = upstream.seen.pop()
    assert.ok(sent && sent.body.equals(body))
    assert.deepEqual(
      [sent.headers['content-type'], sent.headers['content-encoding']],
      [type, 'gzip'],
    )
  })

  for (const [method, path] of [
    ['POST', '/v1/batches/b1/cancel'],
    ['DELETE', '/v1/files/f1'],
    ['GET', '/v1/files?limit=2&after=a%20b&x=%2F'],
    ['GET', '/v1/files/org%2Ffile'],
  ] as const) {
    test(`${method} ${path} passes without a body, its path as it was written`, async () => {
      const reply = await fetch(gateway.url + path, { method })
      assert.equal(reply.status, 200)
      assert.equal(await reply.text(), completion('well'))
      const sent = upstream.seen.pop()
      assert.deepEqual([sent?.method, sent?.path, sent?.body.length], [method, path, 0])
      const recorded = reply.headers.get('x-trace-id') !== null
      assert.equal(recorded, method !== 'GET', 'what only reads leaves no trace')
    })
  }

  test('a body of many megabytes passes whole', async () => {
    const image = `data:image/png;base64,${'A'.repeat(8_000_000)}`
    const body = JSON.stringify({ model: 'generic', messages: [{ role: 'user', content: image }] })
    const { sent } = await forwarded(body)
    assert.ok(sent === body)
  })

  test('every body reads back byte by byte, as it came in and as it went on, after all the others', async () => {
    for (const [id, { received, sent }] of passed) {
      const url = `${gateway.url}/traces/${id}/raw`
      assert.equal(await (await fetch(`${url}/request`)).text(), received)
      assert.equal(await (await fetch(`${url}/sent`)).text(), sent)
    }
  })
})
