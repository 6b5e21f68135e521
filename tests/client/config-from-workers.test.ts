import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { configFromWorkers } from '../../src/client/index.ts'
import { checkConfig } from '../../src/config/index.ts'

suite('the configuration for worker addresses', () => {
  for (const [address, url] of [
    ['10.0.0.1:8000', 'http://10.0.0.1:8000/v1'],
    ['gpu-1:8000', 'http://gpu-1:8000/v1'],
    ['localhost:8000/v1', 'http://localhost:8000/v1'],
    ['[fd00::1]:8000', 'http://[fd00::1]:8000/v1'],
    ['http://gpu-1:8000', 'http://gpu-1:8000/v1'],
    ['https://gpu-1/v1/', 'https://gpu-1/v1'],
    [' http://gpu-1:8000/pool/a/ ', 'http://gpu-1:8000/pool/a/v1'],
  ] as const) {
    test(`takes ${address} for ${url}`, () =>
      assert.deepEqual(configFromWorkers([address], 'm'), { upstreams: [{ url, models: ['m'] }] }))
  }

  test('has one upstream per server, each once', () => {
    const { upstreams } = configFromWorkers(['a:1', 'http://a:1/v1', 'b:2'], 'm')
    assert.deepEqual(
      upstreams.map(({ url }) => url),
      ['http://a:1/v1', 'http://b:2/v1'],
    )
  })

  test('comes back from YAML as it was, and is one that a gateway takes', () => {
    const made = configFromWorkers(['a:1', 'b:2'], 'Qwen/Qwen3-8B', {
      kind: 'vllm',
      apiKey: 'secret: "x"',
      config: { store: { kind: 'memory' } },
    })
    assert.deepEqual(parse(stringify(made)), made)
    const config = checkConfig({ ...made })
    assert.deepEqual(
      config.upstreams.map(({ url, models, kind, api_key }) => ({ url, models, kind, api_key })),
      made.upstreams,
    )
    assert.equal(config.store.kind, 'memory')
  })

  for (const address of ['', '::1', 'ftp://a:1', 'http://', 'a:b', 'http://u:p@a:1', 'a:1?x=1']) {
    test(`refuses ${JSON.stringify(address)}`, () =>
      assert.throws(() => configFromWorkers([address], 'm'), TypeError))
  }

  test('needs a server and a model', () => {
    assert.throws(() => configFromWorkers([], 'm'), TypeError)
    assert.throws(() => configFromWorkers(['a:1'], ''), TypeError)
  })
})
