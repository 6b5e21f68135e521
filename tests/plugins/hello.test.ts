import assert from 'node:assert/strict'
import test from 'node:test'
import { loadPlugin } from 'sluice/plugin/testing'
import hello from '../../plugins/hello/index.ts'

test('greets the caller in a header', async (t) => {
  const p = await loadPlugin(t, hello, { greeting: 'moin' })
  assert.equal((await p.call().headers())['x-hello'], 'moin')
})

test('counts the pieces of each reply for itself and says so in trace and log', async (t) => {
  const p = await loadPlugin(t, hello)
  const call = p.call({
    params: { model: 'm', stream: true },
    reply: [{ a: 1 }, { a: 2 }, { a: 3 }],
  })
  assert.deepEqual((await call.trace()).extra, { hello: { pieces: 3 } })
  assert.equal(p.log[0]?.message, 'hello, m: your answer came in 3 pieces')

  assert.deepEqual((await p.call({ reply: { a: 1 } }).trace()).extra, { hello: { pieces: 1 } })
})

test('changes nothing in what the caller gets', async (t) => {
  const p = await loadPlugin(t, hello)
  assert.deepEqual(await p.call({ reply: { a: 1 } }).received(), [{ a: 1 }])
})
