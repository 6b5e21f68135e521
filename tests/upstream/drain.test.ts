import assert from 'node:assert/strict'
import { test } from 'node:test'
import { single, startUpstream, stream, writeChunk } from '../support/scripted-upstream.ts'
import { candidatesOf, ask, textOf, upstreamAt, watchedSet } from './setup.ts'

/** False when the promise is still pending after everything that was due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(resolve, false))
  return Promise.race([promise.then(() => true), turn])
}

test('a stream under way finishes after its upstream was removed; then its socket is closed', async (t) => {
  const server = await startUpstream(t)
  const { set, join } = watchedSet(t)
  const upstream = join(server.url)
  let finish = async (): Promise<void> => {}
  server.play(async (socket) => {
    await stream(['one '], { end: 'stall' })(socket, undefined as never)
    finish = async () => {
      await writeChunk(socket, Buffer.from('two'))
      socket.write('0\r\n\r\n')
    }
  })
  const seen = server.next()
  const reply = await ask(upstream)
  const { closed } = await seen

  assert.equal(set.remove(upstream.id), true)
  assert.equal(set.remove(upstream.id), false, 'there is nothing to remove twice')
  assert.deepEqual(set.list(), [])
  await assert.rejects(candidatesOf(set, '', 's'), { code: 'no_upstream' })
  assert.equal(upstream.inFlight, 1)
  assert.equal(await isSettled(upstream.drained), false)

  await finish()
  assert.equal(await textOf(reply), 'one two')
  await upstream.drained
  await closed
  assert.equal(upstream.inFlight, 0)
})

test('an idle upstream that is removed closes its sockets at once', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{}'))
  const { set, join } = watchedSet(t)
  const upstream = join(server.url)
  const seen = server.next()
  await textOf(await ask(upstream))
  set.remove(upstream.id)
  await upstream.drained
  await (
    await seen
  ).closed
})

test('a call that was routed before the removal and is sent after it is answered, and leaves no socket', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{"a":1}'))
  const { set, join } = watchedSet(t)
  const upstream = join(server.url)
  set.remove(upstream.id)
  await upstream.drained
  const seen = server.next()
  assert.equal(await textOf(await ask(upstream)), '{"a":1}')
  await (
    await seen
  ).closed
})

test('a call that is cut ends the drain', async (t) => {
  const server = await startUpstream(t)
  server.play(stream(['x'], { end: 'stall' }))
  const { set, join } = watchedSet(t)
  const upstream = join(server.url)
  const reply = await ask(upstream)
  set.remove(upstream.id)
  for await (const bytes of reply.body) {
    assert.equal(Buffer.from(bytes).toString(), 'x')
    break
  }
  await upstream.drained
})

test('closing cuts the calls of removed upstreams too', async (t) => {
  const server = await startUpstream(t)
  server.play(stream(['x'], { end: 'stall' }))
  const { set, join } = watchedSet(t)
  const upstream = join(server.url)
  const reply = await ask(upstream)
  set.remove(upstream.id)
  await set.close()
  await upstream.drained
  await assert.rejects(textOf(reply), { code: 'shutting_down' })
  await assert.rejects(ask(upstream), { code: 'shutting_down' })
})

test('one that joins under the id of another takes its place', async (t) => {
  const { set, join } = watchedSet(t)
  const first = join('http://127.0.0.1:1', { id: 'w' })
  const second = join('http://127.0.0.1:2', { id: 'w' })
  assert.deepEqual(set.list(), [second])
  await first.drained
  assert.equal(set.owns(first), true, 'calls that it has still count as its own')
})

test('the address that is shown holds no credentials', () => {
  assert.equal(upstreamAt('http://me:secret@127.0.0.1:1/base/v1').url, 'http://127.0.0.1:1/base')
})
