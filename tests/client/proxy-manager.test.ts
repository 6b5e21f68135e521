import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import { GatewayClient, ProxyManager, type ProxyManagerOptions } from 'sluice/client'

const config = {
  store: { kind: 'memory' },
  plugins_dir: '/nowhere',
  upstreams: [{ simulator: { models: ['sluice-sim'], tokens_per_second: 0, ttft_ms: 0 } }],
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function manager(t: TestContext, options: ProxyManagerOptions = {}): ProxyManager {
  const proxy = new ProxyManager({ stateDir: join(folder(t), 'state'), ...options })
  t.after(() => proxy.stop())
  return proxy
}

async function chat(proxy: ProxyManager, model = 'sluice-sim'): Promise<number> {
  const reply = await fetch(`${proxy.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 4 }),
  })
  await reply.text()
  return reply.status
}

const models = async (proxy: ProxyManager): Promise<string> =>
  (await fetch(`${proxy.baseUrl}/models`)).text()

suite('a proxy manager', () => {
  test('starts a gateway that answers, and stops it', async (t) => {
    const proxy = manager(t, { config })
    assert.throws(() => proxy.url, /not running/)
    const url = await proxy.start()
    assert.equal(await proxy.start(), url)
    assert.equal(proxy.baseUrl, `${url}/v1`)
    assert.equal(await chat(proxy), 200)
    await proxy.flush()
    assert.equal((await proxy.client.sessionTraces('default')).length, 1)
    const { ended } = proxy
    await proxy.stop()
    assert.match(await ended, /^it ended with code 0/)
    await assert.rejects(fetch(`${url}/health`))
    assert.throws(() => proxy.client, /not running/)
    await proxy.stop()
    assert.notEqual(await proxy.start(), undefined)
  })

  for (const [what, given] of [
    ['YAML text', (): string => stringify(config)],
    [
      'the path of a file',
      (dir: string): string => {
        writeFileSync(join(dir, 'gateway.yaml'), stringify(config))
        return join(dir, 'gateway.yaml')
      },
    ],
  ] as const) {
    test(`takes ${what} for its configuration`, async (t) => {
      const proxy = manager(t, { config: given(folder(t)) })
      await proxy.start()
      assert.match(await models(proxy), /sluice-sim/)
      await proxy.client.listSessions()
      await assert.rejects(new GatewayClient(proxy.url).listSessions(), { status: 401 })
    })
  }

  test('hands its options over', async (t) => {
    const dbPath = join(folder(t), 'traces.db')
    const proxy = manager(t, {
      config: { ...config, store: { kind: 'sqlite' } },
      dbPath,
      host: '127.0.0.1',
      project: 'blue',
      model: 'sluice-sim',
      adminToken: 'mine',
    })
    await proxy.start()
    assert.equal(await chat(proxy, 'whatever'), 200)
    assert.ok(existsSync(dbPath))
    const client = new GatewayClient(proxy.url, { adminToken: 'mine' })
    const [trace] = await client.sessionTraces('default')
    assert.equal(trace?.extra['project'], 'blue')
    assert.equal(trace?.params_sent['model'], 'sluice-sim')
  })

  test('keeps its token in a file of its own and takes it away at the end', async (t) => {
    let line: readonly string[] = []
    const log = join(folder(t), 'log')
    // A stand-in for the gateway that says what it was called with.
    const program = `
      console.log('http://127.0.0.1:' + ${JSON.stringify(await silentPort(t))})
      require('node:fs').writeFileSync(${JSON.stringify(log)}, '')
      console.error(JSON.stringify(process.argv))
      process.on('SIGTERM', () => process.exit(0))
      setInterval(() => {}, 1000)`
    const said = Promise.withResolvers<void>()
    const proxy = manager(t, {
      command: [process.execPath, '-e', program, '--'],
      onLog: (text) => {
        line = JSON.parse(text)
        said.resolve()
      },
    })
    const started = assert.rejects(proxy.start(), /stopped while it started/)
    await said.promise
    const path = line.find((arg) => arg.startsWith('--config='))?.slice('--config='.length) ?? ''
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.ok(!line.join(' ').includes(proxy.adminToken))
    await proxy.stop()
    await started
    assert.equal(existsSync(path), false)
  })

  test('tells why a gateway did not start', async (t) => {
    const proxy = manager(t, { config: { upstream: [] } })
    await assert.rejects(proxy.start(), {
      name: 'GatewayClientError',
      code: 'gateway_ended',
      message: /ended with code 1[^]*unknown key "upstream"/,
    })
    await assert.rejects(manager(t, { command: ['/no/such/program'] }).start(), /ENOENT/)
    await assert.rejects(manager(t, { config: '- a\n- b' }).start(), TypeError)
  })

  test('waits no longer for a start than it was told', async (t) => {
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--']
    const proxy = manager(t, { command, startTimeoutMs: 50 })
    await assert.rejects(proxy.start(), { name: 'TimeoutError' })
    const reason = new Error('enough')
    await assert.rejects(proxy.start({ signal: AbortSignal.abort(reason) }), reason)
  })

  test('has the gateway take on another configuration', async (t) => {
    const proxy = manager(t, { config })
    await proxy.start()
    await proxy.reload({
      ...config,
      upstreams: [{ url: 'http://127.0.0.1:9/v1', models: ['m-2'] }],
    })
    const workers = await proxy.client.listWorkers()
    assert.deepEqual(
      workers.map(({ model_name }) => model_name),
      ['m-2'],
    )
    await assert.rejects(proxy.reload({ nonsense: 1 }), { code: 'bad_config' })
  })

  test('starts another gateway when the first has died', async (t) => {
    const proxy = manager(t, { config })
    await proxy.start()
    const { ended, pid } = proxy
    process.kill(pid, 'SIGKILL')
    assert.match(await ended, /^it ended with SIGKILL/)
    await proxy.start()
    assert.notEqual(proxy.pid, pid)
    assert.equal((await proxy.client.health()).status, 'ok')
  })

  test('is stopped at the end of its block', async (t) => {
    let url: string
    {
      await using proxy = new ProxyManager({ config, stateDir: folder(t) })
      url = await proxy.start()
    }
    await assert.rejects(fetch(`${url}/health`))
  })
})

/** A port that takes connections and never answers. */
async function silentPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}
