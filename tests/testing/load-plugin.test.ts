import assert from 'node:assert/strict'
import test from 'node:test'
import { definePlugin } from 'sluice/plugin'
import { loadPlugin } from 'sluice/plugin/testing'

const quiet = definePlugin({ name: 'quiet', setup: () => ({}) })

test('a call through a plugin that does nothing arrives and comes back byte for byte', async (t) => {
  const p = await loadPlugin(t, quiet)
  const body = 'data: {"x": 1.0}\r\n\r\n: ping\n\ndata:[DONE]\n\n'
  const call = p.call({ params: { model: 'm', stream: true }, reply: body })

  assert.deepEqual(await call.sent(), { model: 'm', stream: true })
  assert.equal((await call.receivedBytes()).toString(), body)
  assert.deepEqual(await call.received(), [{ x: 1 }])
  assert.deepEqual((await call.trace()).wire.edits, [])
})

test('the params hook shapes what is sent, and the trace says who changed what', async (t) => {
  const cool = definePlugin({
    name: 'cool',
    setup: () => ({ params: (params) => ({ ...params, temperature: 0 }) }),
  })
  const call = (await loadPlugin(t, cool)).call({ params: { model: 'm' } })

  assert.deepEqual(await call.sent(), { model: 'm', temperature: 0 })
  const trace = await call.trace()
  assert.deepEqual(trace.params_sent, { temperature: 0 })
  assert.deepEqual(trace.changes, [{ plugin: 'cool', hook: 'params', keys: ['temperature'] }])
})

test('a plugin that writes into the params fails its test', async (t) => {
  const careless = definePlugin({
    name: 'careless',
    setup: () => ({ params: (params) => void Object.assign(params, { temperature: 0 }) }),
  })
  const call = (await loadPlugin(t, careless)).call({ params: { messages: [] } })

  await assert.rejects(call.sent(), { code: 'hook_failed' })
})

test('a plugin that writes into the trace is named in its warnings', async (t) => {
  const careless = definePlugin({
    name: 'careless',
    setup: () => ({ trace: (trace) => void Object.assign(trace.extra, { mine: true }) }),
  })
  const call = (await loadPlugin(t, careless)).call()

  assert.deepEqual((await call.trace()).warnings, ['plugin_failed:careless.trace'])
})

test('a tap observes every chunk and edits what the caller gets, not the record', async (t) => {
  const seen: unknown[] = []
  const censor = definePlugin({
    name: 'censor',
    setup: () => ({
      stream: () => ({
        observe: (chunk) => void seen.push(chunk.data),
        chunk: (chunk) => (chunk.text.includes('secret') ? null : chunk.omit('b')),
      }),
    }),
  })
  const reply = [{ a: 1, b: 2 }, { a: 'secret' }]
  const call = (await loadPlugin(t, censor)).call({ params: { stream: true }, reply })

  assert.deepEqual(await call.received(), [{ a: 1 }])
  assert.deepEqual(seen, reply)
  const { wire } = await call.trace()
  assert.match(Buffer.from(wire.response).toString(), /secret/)
  assert.equal(wire.edits.length, 2)
})

test('a refused attempt is made anew when the plugin asks for it', async (t) => {
  const stubborn = definePlugin({
    name: 'stubborn',
    setup: () => ({ refused: () => 'again' as const }),
  })
  const p = await loadPlugin(t, stubborn)
  const call = p.call({ refusals: [{ status: 400, message: 'no' }], reply: { ok: true } })

  assert.equal((await call.attempts()).length, 2)
  assert.deepEqual(await call.received(), [{ ok: true }])
})

test('an upstream hook may answer the call itself', async (t) => {
  const oracle = definePlugin({
    name: 'oracle',
    setup: () => ({
      upstream: ([first]) =>
        first && {
          ...first,
          name: 'oracle',
          send: async () => ({ status: 200, headers: {}, body: chunksOf('{"answer":42}') }),
        },
    }),
  })
  const call = (await loadPlugin(t, oracle)).call({ reply: { answer: 0 } })

  assert.deepEqual(await call.received(), [{ answer: 42 }])
  assert.equal((await call.trace()).upstream?.name, 'oracle')
})

test('settings are checked as at the start of the gateway', async (t) => {
  await assert.rejects(loadPlugin(t, quiet, { colour: 'red' }), {
    code: 'plugin_invalid',
    message: /"colour"/,
  })
})

test('the plugin is closed when its test ends', async (t) => {
  let closed = false
  const door = definePlugin({ name: 'door', setup: () => ({ close: () => void (closed = true) }) })
  await t.test('a test', async (inner) => {
    await loadPlugin(inner, door)
    assert.equal(closed, false)
  })
  assert.equal(closed, true)
})

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
