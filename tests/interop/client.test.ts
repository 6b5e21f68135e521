import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { preparePython } from './python.ts'

const { python, skip } = await preparePython()

describe('the Python clients', { skip }, () => {
  test('take a connection for each call, a token where there is one, and give up in time', async (t) => {
    const requests: IncomingMessage[] = []
    const sockets = new Set<Socket>()
    const server = await listen(t, (request, response) => {
      requests.push(request)
      sockets.add(request.socket)
      if (request.url === '/admin/workers') response.statusCode = 403
      response.end(JSON.stringify({ status: request.url === '/health' ? 'ok' : 'flushed' }))
    })
    const silent = await listen(t, () => {})
    assert.deepEqual(await python?.run('connections', server, silent), {
      timeout: 30,
      late: ['ReadTimeout', 'ReadTimeout'],
      refused: 'HTTPStatusError',
    })
    const token = 'Bearer from the environment'
    assert.deepEqual(
      requests.map(({ method, url, headers }) => [`${method} ${url}`, headers.authorization]),
      [
        ['GET /health', undefined],
        ['GET /health', undefined],
        ['POST /admin/flush', undefined],
        ['GET /health', token],
        ['GET /health', 'Bearer given'],
        ['GET /health', 'Bearer given'],
        ['GET /admin/workers', token],
      ],
    )
    assert.equal(sockets.size, requests.length)
  })
})

describe('the Python command', { skip }, () => {
  test('looks for Sluice where it was told to, on the path, and in its checkout', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-finding-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const programs = ['bin/sluice', 'bin/node', 'node-only/node', 'checkout/node_modules/.bin/node']
    for (const name of [...programs, 'built/main.js', 'checkout/src/cli/main.ts']) {
      const file = join(folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, '')
      chmodSync(file, 0o700)
    }
    const ofCheckout = [
      '/checkout/node_modules/.bin/node',
      '--conditions=sluice-source',
      '/checkout/src/cli/main.ts',
    ]
    const printed = (await python?.run('finding', folder)) as Record<string, readonly string[]>
    const { nowhere, 'named, but not there': notThere, 'without node': noNode, ...found } = printed
    assert.deepEqual(found, {
      'named executable': ['/bin/sluice'],
      'named main of a checkout': ofCheckout,
      'named built main': ['/node-only/node', '/built/main.js'],
      'on the path, before the checkout': ['/bin/sluice'],
      'in the checkout': ofCheckout,
    })
    assert.match(nowhere?.[0] ?? '', /was not found\. Install it .* or set SLUICE_BIN/)
    assert.match(notThere?.[0] ?? '', /SLUICE_BIN names '\/nowhere'/)
    assert.match(noNode?.[0] ?? '', /^Node, which runs .*main\.js, was not found/)
  })
})

async function listen(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
