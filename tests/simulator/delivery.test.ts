import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { readControls } from '../../src/simulator/controls.ts'
import { deliverStream, type Step } from '../../src/simulator/delivery.ts'
import { Engine } from '../../src/simulator/engine.ts'
import { resolveOptions } from '../../src/simulator/options.ts'
import { PrefixCache } from '../../src/simulator/prefix-cache.ts'

function* endlessSteps(): Generator<Step> {
  for (let tokens = 1; ; tokens++) yield { tokens, events: [`data: {"n":${tokens}}\n\n`] }
}

test('a stream that never ends stops when its reader leaves', async () => {
  const settings = resolveOptions({})
  const engine = new Engine()
  const { promise: outcome, resolve } = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    const exchange = {
      request,
      response,
      url: new URL('http://simulator/'),
      body: {},
      settings,
      controls: readControls({}, settings, undefined),
      engine,
      cache: new PrefixCache(),
    }
    void deliverStream(exchange, engine.begin('endless', 1), endlessSteps()).then(resolve)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: s\r\n\r\n'))
  socket.once('data', () => socket.destroy())
  assert.equal(await outcome, 'gone')
  server.close()
})
