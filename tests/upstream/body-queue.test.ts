import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyQueue } from '../../src/upstream/body-queue.ts'

function queue(): { body: BodyQueue; calls: string[] } {
  const calls: string[] = []
  const body = new BodyQueue({
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    abandon: () => calls.push('abandon'),
  })
  return { body, calls }
}

const bytes = (size: number): Uint8Array => new Uint8Array(size)

test('bytes are read in the order they came, whoever was there first', async () => {
  const { body } = queue()
  const first = body.next()
  body.push(Uint8Array.of(1))
  body.push(Uint8Array.of(2))
  body.end()
  assert.deepEqual((await first).value, Uint8Array.of(1))
  assert.deepEqual((await body.next()).value, Uint8Array.of(2))
  assert.equal((await body.next()).done, true)
})

test('a reader that falls behind pauses the socket, and one that catches up lets it go on', async () => {
  const { body, calls } = queue()
  for (let i = 0; i < 5; i += 1) body.push(bytes(50_000))
  assert.deepEqual(calls, ['pause'])
  for (let i = 0; i < 4; i += 1) await body.next()
  assert.deepEqual(calls, ['pause', 'resume'])
})

test('what came in before an error is read before the error is told', async () => {
  const { body } = queue()
  body.push(bytes(1))
  body.fail(new Error('reset'))
  assert.equal((await body.next()).done, false)
  await assert.rejects(body.next(), /reset/)
})

test('a waiting reader is told of an error', async () => {
  const { body } = queue()
  const waiting = body.next()
  body.fail(new Error('reset'))
  await assert.rejects(waiting, /reset/)
})

test('a reader that stops abandons the socket once; bytes after that are dropped', async () => {
  const { body, calls } = queue()
  body.push(bytes(1))
  for await (const part of body) {
    assert.equal(part.length, 1)
    break
  }
  body.push(bytes(1))
  await body.return()
  assert.deepEqual(calls, ['abandon'])
  assert.equal((await body.next()).done, true)
})

test('a body that was read to its end is not abandoned', async () => {
  const { body, calls } = queue()
  body.end()
  for await (const part of body) assert.fail(`there is a part of ${part.length} bytes`)
  assert.deepEqual(calls, [])
})
