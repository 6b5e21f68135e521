import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BUILT_IN, folderWith } from '../gateway/plugin-folder.ts'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, stream, type Script } from '../support/scripted-upstream.ts'
import { saidOf, startCaching, type CachingGateway } from './setup.ts'

const WHOLE = [roleEvent(), tokenEvent('a', { finish: 'stop' }), DONE]

describe('an answer that is not whole', () => {
  const scope = createScope()
  let caching: CachingGateway
  let seed = 0

  before(async () => {
    caching = await startCaching(scope)
  })
  after(() => scope.close())

  const rows: readonly (readonly [what: string, streamed: boolean, script: Script])[] = [
    ['an error', false, single('{"error":{"message":"no"}}', { status: 400 })],
    ['an error with status 200', false, single('{"error":{"message":"no"}}')],
    ['another status than 200', false, single(completion('x'), { status: 201 })],
    ['an empty body', false, single('')],
    ['a body that is no JSON', false, single('<html>')],
    ['a cut stream', true, stream(WHOLE.slice(0, 1), { end: 'rst' })],
    ['a stream that ends before its finish', true, stream(WHOLE.slice(0, 1))],
    ['a stream without its terminator', true, stream(WHOLE.slice(0, 2))],
    ['an error event', true, stream([roleEvent(), 'data: {"error":{"message":"x"}}\n\n', DONE])],
    ['something behind the terminator', true, stream([...WHOLE, tokenEvent('b')])],
  ]
  for (const [what, streamed, script] of rows) {
    test(`is not kept: ${what}`, async () => {
      const { upstream, ask } = caching
      const body = chat(streamed, { seed: (seed += 1) })
      upstream.play(script)
      await ask(body)
      upstream.play(streamed ? stream(WHOLE) : single(completion('x')))
      assert.equal(saidOf(await ask(body)), 'miss')
      assert.equal(saidOf(await ask(body)), 'hit')
    })
  }

  test('is not kept: one whose caller left', async () => {
    const { upstream, gateway, ask } = caching
    const body = chat(true, { seed: (seed += 1) })
    upstream.play(stream(WHOLE.slice(0, 1), { end: 'stall' }))
    const leaving = new AbortController()
    const asked = upstream.next()
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    assert.equal(reply.status, 200)
    leaving.abort()
    await (
      await asked
    ).closed
    upstream.play(stream(WHOLE))
    assert.equal(saidOf(await ask(body)), 'miss')
  })
})

test('an answer that only one caller may have is not kept', async (t) => {
  const { upstream, ask } = await startCaching(t, { entry: { pass_authorization: true } })
  upstream.play(single(completion('x')))
  const own = { authorization: 'Bearer mine' }
  assert.equal(saidOf(await ask(chat(false), own)), 'miss')
  assert.equal(saidOf(await ask(chat(false))), 'miss')
  assert.equal(saidOf(await ask(chat(false))), 'hit')
})

test('an answer that is larger than an eighth of the room is not kept', async (t) => {
  const { upstream, ask } = await startCaching(t, { cache: { max_bytes: 16_000 } })
  upstream.play(single(completion('x'.repeat(2_000))))
  await ask(chat(false))
  assert.equal(saidOf(await ask(chat(false))), 'miss')
  upstream.play(single(completion('x'.repeat(1_000))))
  await ask(chat(false))
  assert.equal(saidOf(await ask(chat(false))), 'hit')
})

test('an answer of other weights is not given, and one that they changed under is not kept', async (t) => {
  const { gateway, upstream, ask } = await startCaching(t)
  const answer = single(completion('x'))
  const set = (weight_version: number): Promise<unknown> =>
    gateway.json('/admin/weight_version', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ weight_version }),
    })
  upstream.play(answer)
  await ask(chat(false))
  await set(1)
  upstream.play(async (socket, request) => {
    await set(2)
    answer(socket, request)
  })
  assert.equal(saidOf(await ask(chat(false))), 'miss')
  upstream.play(answer)
  await set(1)
  assert.equal(saidOf(await ask(chat(false))), 'miss')
  assert.equal(saidOf(await ask(chat(false))), 'hit')
  await set(2)
  assert.equal(saidOf(await ask(chat(false))), 'miss')
})

test('an answer of a model that stood in for another is not kept', async (t) => {
  const upstream = await startUpstream(t)
  const entry = { url: upstream.url, kind: 'generic' }
  const { ask } = await startCaching(t, {
    upstream,
    config: {
      upstreams: [
        { ...entry, name: 'first', models: ['m'] },
        { ...entry, name: 'second', models: ['other'] },
      ],
      routing: { fallbacks: { m: ['other'] } },
    },
  })
  const fails = single('{"error":{"message":"down"}}', { status: 500 })
  upstream.play(fails, single(completion('from the other')))
  assert.match((await ask(chat(false))).body.toString(), /from the other/)
  upstream.play(single(completion('from the first')))
  const second = await ask(chat(false))
  assert.equal(saidOf(second), 'miss')
  assert.match(second.body.toString(), /from the first/)
  upstream.play(fails, single(completion('from the other')))
  await ask(chat(false, { cache: { 'no-cache': true } }))
  const third = await ask(chat(false))
  assert.equal(saidOf(third), 'hit')
  assert.deepEqual(third.body, second.body)
})

test('an answer that a plugin made is not kept', async (t) => {
  const body = JSON.stringify(completion('made up'))
  const source = `export default {
    name: 'mine',
    setup: () => ({
      upstream: () => ({ name: 'mine', kind: 'generic', url: 'plugin:mine', simulated: true, healthy: true, inFlight: 0, models: null,
        send: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: (async function* () { yield Buffer.from(${body}) })() }) }),
    }),
  }`
  const dir = folderWith(t, { 'mine.ts': source })
  const gateway = await startGateway(t, {
    dir,
    config: { cache: { kind: 'memory' }, upstreams: [], plugins: [...BUILT_IN, 'mine'] },
  })
  const ask = (): ReturnType<typeof post> => post(`${gateway.url}/v1/chat/completions`, chat(false))
  assert.match((await ask()).body.toString(), /made up/)
  assert.equal(saidOf(await ask()), 'miss')
})
