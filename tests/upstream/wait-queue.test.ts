import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { createWaitQueue, type Look } from '../../src/upstream/wait-queue.ts'

const { signal } = new AbortController()

/** So many places, each taken by whoever finds it. */
function places(count: number, afterMs = Infinity): { free: number; look: Look<number> } {
  const made = {
    free: count,
    look: () =>
      made.free > 0
        ? { found: made.free-- }
        : { afterMs, busy: new GatewayError('upstreams_busy', { detail: 'all taken' }) },
  }
  return made
}

test('who comes while there is room does not wait', async () => {
  const queue = createWaitQueue({ max: 0, timeoutMs: 1 })
  assert.equal(await queue.enter('m', places(1).look, signal), 1)
})

test('without a queue the answer is that all are busy', async () => {
  const queue = createWaitQueue({ max: 0, timeoutMs: 1 })
  await assert.rejects(queue.enter('m', places(0).look, signal), { message: /all taken/ })
})

test('those who wait come in the order they came, and nobody overtakes them', async () => {
  const queue = createWaitQueue({ max: 3, timeoutMs: 60_000 })
  const room = places(0)
  const came: number[] = []
  const all = [1, 2, 3].map(async (name) => {
    await queue.enter('m', room.look, signal)
    came.push(name)
  })
  await assert.rejects(queue.enter('m', room.look, signal), { code: 'upstreams_busy' })
  for (let at = 0; at < 3; at += 1) {
    room.free = 1
    queue.wake()
    await all[at]
  }
  assert.deepEqual(came, [1, 2, 3])
})

test('who comes later does not take what became free for those who wait', async () => {
  const queue = createWaitQueue({ max: 2, timeoutMs: 60_000 })
  const room = places(0)
  const came: string[] = []
  const enter = async (name: string): Promise<void> => {
    await queue.enter('m', room.look, signal)
    came.push(name)
  }
  const first = enter('first')
  room.free = 1 // Nobody has been told yet.
  const second = enter('second')
  await first
  room.free = 1
  queue.wake()
  await second
  assert.deepEqual(came, ['first', 'second'])
})

test('a call that needs less does not pass one before it that waits for the same', async () => {
  const queue = createWaitQueue({ max: 2, timeoutMs: 60_000 })
  const [large, small] = [places(0), places(0)]
  const first = queue.enter('m', large.look, signal)
  const second = queue.enter('m', small.look, signal)
  small.free = 1
  queue.wake()
  assert.equal(small.free, 1, 'nobody took it')
  large.free = 1
  queue.wake()
  await Promise.all([first, second])
  assert.deepEqual([large.free, small.free], [0, 0])
})

test('who waits for one thing does not hold up those who wait for another', async () => {
  const queue = createWaitQueue({ max: 2, timeoutMs: 60_000 })
  const [none, one] = [places(0), places(0)]
  const left = new AbortController()
  const first = queue.enter('m', none.look, left.signal)
  const second = queue.enter('n', one.look, signal)
  one.free = 1
  queue.wake()
  assert.equal(await second, 1)
  left.abort(new GatewayError('client_closed'))
  await assert.rejects(first, { code: 'client_closed' })
})

test('a wait ends with the reason of the signal, and its place in the queue is free', async () => {
  const queue = createWaitQueue({ max: 1, timeoutMs: 60_000 })
  const room = places(0)
  const left = new AbortController()
  const gone = queue.enter('m', room.look, left.signal)
  left.abort(new GatewayError('client_closed'))
  await assert.rejects(gone, { code: 'client_closed' })
  const next = queue.enter('m', room.look, signal)
  room.free = 1
  queue.wake()
  assert.equal(await next, 1)
})

test('a wait that takes too long ends with what it waited for', async () => {
  const queue = createWaitQueue({ max: 1, timeoutMs: 5 })
  await assert.rejects(queue.enter('m', places(0).look, signal), { message: /all taken/ })
})

test('what is known to be over by a time is looked at then', async () => {
  const queue = createWaitQueue({ max: 1, timeoutMs: 60_000 })
  let looks = 0
  const look: Look<string> = () => {
    looks += 1
    return looks > 2 ? { found: 'room' } : { afterMs: 1, busy: new GatewayError('upstreams_busy') }
  }
  assert.equal(await queue.enter('m', look, signal), 'room')
})

test('a look that fails fails only the one who looks', async () => {
  const queue = createWaitQueue({ max: 2, timeoutMs: 60_000 })
  let isGone = false
  const look: Look<string> = () => {
    if (isGone) throw new GatewayError('no_upstream')
    return { afterMs: Infinity, busy: new GatewayError('upstreams_busy') }
  }
  const waiting = queue.enter('m', look, signal)
  isGone = true
  queue.wake()
  await assert.rejects(waiting, { code: 'no_upstream' })
})
