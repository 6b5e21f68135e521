import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { scriptOf } from '../../../src/shared/redis/script.ts'
import { connected } from '../../support/connected-redis.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'

const skip = withoutRedis
const gone = { code: 'shared_state_unavailable', status: 503 }

test(
  'a command is answered with texts, or with the bytes as they were kept',
  { skip },
  async (t) => {
    const { url } = await startRedis(t)
    const redis = await connected(t, url)
    const bytes = Buffer.from([0, 255, 128, 10])
    assert.equal(await redis.command('SET', redis.key('a'), bytes), 'OK')
    assert.deepEqual(await redis.commandBytes('GET', 'test:a'), bytes)
    assert.equal(typeof (await redis.command('GET', 'test:a')), 'string')
    assert.equal(await redis.command('GET', 'test:none'), null)
    assert.equal(redis.available, true)
  },
)

test('a script runs, also on a server that has forgotten it', { skip }, async (t) => {
  const server = await startRedis(t)
  const redis = await connected(t, server.url)
  const echo = scriptOf('return {KEYS[1], ARGV[1], 7}')
  assert.deepEqual(await redis.run(echo, ['k'], ['v']), ['k', 'v', 7])
  await server.cli('SCRIPT', 'FLUSH')
  assert.deepEqual(await redis.run(echo, ['k'], ['v']), ['k', 'v', 7])
})

test('a command that is wrong is told, and is no sign that Redis is gone', { skip }, async (t) => {
  const { url } = await startRedis(t)
  const redis = await connected(t, url)
  for (let i = 0; i < 10; i += 1) await assert.rejects(redis.command('NOSUCH'), gone)
  assert.equal(redis.available, true)
  assert.deepEqual(redis.heard.lines, [])
})

test(
  'a Redis that is not there at the start is told once, and used when it comes',
  { skip },
  async (t) => {
    const server = await startRedis(t)
    await server.stop()
    const redis = await connected(t, server.url)
    assert.equal(redis.available, false)
    await assert.rejects(redis.command('PING'), gone)
    const back = new Promise<void>((resolve) => redis.onReturn(resolve))
    await server.start()
    await back
    assert.equal(await redis.command('PING'), 'PONG')
    await redis.heard.line('answers again')
    assert.deepEqual(
      redis.heard.lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
      ['Redis does not answer; trying again in the background', 'Redis answers again'],
    )
  },
)

test('what is published is heard, also after the connection was lost', { skip }, async (t) => {
  const server = await startRedis(t)
  const [one, other] = [await connected(t, server.url), await connected(t, server.url)]
  let said: (message: string) => void = () => {}
  await one.subscribe('channel', (message) => said(message))
  const hear = (): Promise<string> => new Promise((resolve) => (said = resolve))
  const first = hear()
  await other.publish('channel', 'a')
  assert.equal(await first, 'a')
  await server.stop()
  const back = new Promise<void>((resolve) => other.onReturn(resolve))
  await server.start()
  await back
  const second = hear()
  // Its own connection may come back later than the other's.
  let heard: string | undefined
  void second.then((message) => (heard = message))
  while (heard === undefined) await other.publish('channel', 'b')
  assert.equal(await second, 'b')
})

test('a Redis that hangs fails questions in time, and then at once', { skip }, async (t) => {
  const server = await startRedis(t)
  const redis = await connected(t, server.url, { timeoutMs: 50 })
  server.signal('SIGSTOP')
  for (let i = 0; i < 5; i += 1) await assert.rejects(redis.command('PING'), gone)
  assert.equal(redis.available, false)
  await assert.rejects(redis.command('PING'), /does not answer/)
  await redis.heard.line('no answer within 50 ms')
  const back = new Promise<void>((resolve) => redis.onReturn(resolve))
  server.signal('SIGCONT')
  await back
  assert.equal(await redis.command('PING'), 'PONG')
})

test('no password is in the address, the log or an error', { skip }, async (t) => {
  const server = await startRedis(t)
  await server.cli('CONFIG', 'SET', 'requirepass', 'se/cret')
  const url = server.url.replace('//', '//:wrong-pa%2Fss@')
  const redis = await connected(t, url)
  assert.equal(redis.address, `127.0.0.1:${server.port}/0`)
  const error: unknown = await redis.command('PING').catch((thrown: unknown) => thrown)
  assert.doesNotMatch(`${String(error)}${redis.heard.lines.join('')}`, /wrong-pa/)
  const good = await connected(t, server.url.replace('//', '//:se%2Fcret@'))
  assert.equal(await good.command('PING'), 'PONG')
})

test('a server that accepts and says nothing does not hold up the start for long', async (t) => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const redis = await connected(t, `redis://127.0.0.1:${port}`, { timeoutMs: 50 })
  assert.equal(redis.available, false)
})
