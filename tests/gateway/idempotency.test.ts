import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

describe('calls with an idempotency key', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream
  let sessions = 0

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: { upstreams: [{ url: upstream.url, kind: 'generic', name: 'up' }] },
    })
  })
  after(() => scope.close())

  /** A session of its own, and how to call in it with a key. */
  function session(): { name: string; call: (key: string, body?: object) => Promise<RawReply> } {
    const name = `once-${(sessions += 1)}`
    const url = (): string => `${gateway.url}/sessions/${name}/v1/chat/completions`
    return {
      name,
      call: (key, body = chat(false)) => post(url(), body, { 'idempotency-key': key }),
    }
  }

  const traces = async (name: string): Promise<Trace[]> =>
    (await gateway.json(`/sessions/${name}/traces`)) as Trace[]

  function played(...scripts: readonly Script[]): () => number {
    const earlier = upstream.seen.length
    upstream.play(...scripts)
    return () => upstream.seen.length - earlier
  }

  test('a retry gets the same bytes from the record, and there is one call and one trace', async () => {
    const { name, call } = session()
    const seen = played(single(completion('once')))
    const first = await call('k1')
    const second = await call('k1')
    assert.deepEqual([second.status, second.body], [first.status, first.body])
    assert.equal(second.headers['x-trace-id'], first.headers['x-trace-id'])
    assert.equal(second.headers['idempotent-replayed'], 'true')
    assert.equal(first.headers['idempotent-replayed'], undefined)
    assert.equal(seen(), 1)
    assert.deepEqual(
      (await traces(name)).map(({ seq, status, idempotency_key: key }) => [seq, status, key]),
      [[1, 'complete', 'k1']],
    )
  })

  test('a streamed answer is given again as a stream', async () => {
    const { call } = session()
    const events = [roleEvent(), tokenEvent('one', { finish: 'stop' }), DONE]
    const seen = played(stream(events))
    const [first, second] = [await call('s', chat(true)), await call('s', chat(true))]
    assert.equal(second.body.toString(), events.join(''))
    assert.deepEqual(second.body, first.body)
    assert.match(String(second.headers['content-type']), /^text\/event-stream/)
    assert.equal(seen(), 1)
  })

  test('a retry that comes while the call is under way waits for it', async () => {
    const { name, call } = session()
    let answer = (): void => {}
    const seen = played((socket, request) => {
      answer = () => void single(completion('slow'))(socket, request)
    })
    const arrived = upstream.next()
    const both = [call('twin'), call('twin'), call('twin')]
    await arrived
    answer()
    const replies = await Promise.all(both)
    assert.deepEqual(
      new Set(replies.map(({ body }) => body.toString())),
      new Set([completion('slow')]),
    )
    assert.equal(seen(), 1)
    assert.equal((await traces(name)).length, 1)
  })

  test('a call that failed is made again by its retry, under the same trace', async () => {
    const { name, call } = session()
    const seen = played((socket) => socket.resetAndDestroy(), single(completion('at last')))
    const first = await call('again')
    const second = await call('again')
    assert.deepEqual([first.status, second.status, seen()], [502, 200, 2])
    assert.equal(second.headers['x-trace-id'], first.headers['x-trace-id'])
    const [trace, ...others] = await traces(name)
    assert.deepEqual([trace?.status, trace?.seq, others.length], ['complete', 1, 0])
    assert.deepEqual(trace?.warnings, ['repeats_error:upstream_reset'])
    assert.deepEqual(
      trace?.attempts.map(({ error }) => error),
      ['upstream_reset', null],
    )
  })

  test('the same key with another body is a 409, and nothing is sent', async () => {
    const { call } = session()
    const seen = played(single(completion('x')))
    await call('k')
    const reply = await call('k', chat(false, { temperature: 1 }))
    assert.equal(reply.status, 409)
    assert.match(reply.body.toString(), /"code":"idempotency_conflict"/)
    assert.equal(seen(), 1)
  })

  test('the same key in another session is another call', async () => {
    const seen = played(single(completion('x')))
    await session().call('shared')
    await session().call('shared')
    assert.equal(seen(), 2)
  })

  test('the same key at another path is another call, and an answer keeps its content type', async () => {
    const { name } = session()
    const seen = played(
      single('sound', { headers: { 'content-type': 'audio/mpeg' } }),
      single(completion('x')),
    )
    const at = (path: string): Promise<RawReply> =>
      post(`${gateway.url}/sessions/${name}/v1/${path}`, chat(false), { 'idempotency-key': 'k' })
    await at('audio/speech')
    assert.equal((await at('chat/completions')).body.toString(), completion('x'))
    const again = await at('audio/speech')
    assert.deepEqual(
      [again.headers['content-type'], again.body.toString()],
      ['audio/mpeg', 'sound'],
    )
    assert.equal(seen(), 2)
  })

  test('a key that no header should hold is a 400', async () => {
    const reply = await session().call('k'.repeat(256))
    assert.equal(reply.status, 400)
    assert.match(reply.body.toString(), /"param":"idempotency-key"/)
  })

  test('a retry after a crash of the gateway is answered from the record', async () => {
    const { name, call } = session()
    const seen = played(single(completion('kept')))
    const first = await call('crash')
    await gateway.kill()
    gateway = await startGateway(scope, {
      dir: gateway.dir,
      config: { upstreams: [{ url: upstream.url, kind: 'generic', name: 'up' }] },
    })
    const second = await call('crash')
    assert.deepEqual(second.body, first.body)
    assert.equal(seen(), 1)
    assert.equal((await traces(name)).length, 1)
  })
})
