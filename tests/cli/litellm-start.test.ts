import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { serve, sluice, type Place } from '../support/cli.ts'
import { chat, completion } from '../support/events.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

const NOWHERE = 'http://127.0.0.1:9/v1'

function freshPlace(t: TestContext, config = '', env: Record<string, string> = {}): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-litellm-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'config.yaml'), config)
  return { cwd, env }
}

async function server(t: TestContext): Promise<ScriptedUpstream> {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('hi')))
  return upstream
}

const listOf = (url: string): string => `
model_list:
  - model_name: m
    litellm_params: {model: openai/m, api_base: ${url}/v1, api_key: os.environ/SERVER_KEY}
`

describe("LiteLLM's command line", () => {
  test('a file, a port and workers: a call goes to the server with its key', async (t) => {
    const upstream = await server(t)
    const place = freshPlace(t, listOf(upstream.url), { SERVER_KEY: 'sk-server' })
    const line = '--config config.yaml --port 0 --num_workers 4 --debug --quiet'.split(' ')
    const gateway = await serve(t, place, ...line)
    const reply = await post(`${gateway.url}/v1/chat/completions`, { ...chat(false), model: 'm' })
    assert.equal(reply.status, 200)
    const seen = upstream.seen.find(({ method }) => method === 'POST')
    assert.equal(seen?.path, '/v1/chat/completions')
    assert.equal(seen.headers['authorization'], 'Bearer sk-server')
    // Only when it has ended is all that it wrote there.
    await gateway.stop('SIGTERM')
    assert.match(gateway.errors(), /^sluice: warning: --num-workers 4 changes nothing: one process/)
    assert.match(gateway.errors(), /"level":"?(?:debug|info|20|30)/)
  })

  test('a model and an address: every call is for that model at that server', async (t) => {
    const upstream = await server(t)
    const line = ['--model', 'openai/org/m', '--api_base', `${upstream.url}/v1`, '--port', '0']
    const gateway = await serve(t, freshPlace(t), ...line, '--quiet')
    await post(`${gateway.url}/v1/chat/completions`, { ...chat(false), model: 'any' })
    const seen = upstream.seen.find(({ method }) => method === 'POST')
    assert.equal((JSON.parse(String(seen?.body)) as { model: string }).model, 'org/m')
    assert.equal(gateway.errors(), '')
  })

  test('LITELLM_LOG is the log level where nothing else says one', async (t) => {
    const levelOf = async (env: Record<string, string>, ...args: readonly string[]) => {
      const place = freshPlace(t, '', env)
      const gateway = await serve(t, place, '--port', '0', '--quiet', ...args)
      await post(`${gateway.url}/v1/chat/completions`, chat(false))
      await gateway.stop('SIGTERM')
      return gateway.errors()
    }
    assert.notEqual(await levelOf({ LITELLM_LOG: 'INFO' }), '')
    assert.equal(await levelOf({ LITELLM_LOG: 'INFO', SLUICE_LOG_LEVEL: 'silent' }), '')
  })

  test('a number of workers that is none ends the start', async (t) => {
    const { err, code } = await sluice(freshPlace(t), '--num_workers', 'many')
    assert.equal(code, 1)
    assert.match(err, /^sluice: .+--num-workers must be a number from 1 on, not "many"\n$/)
  })

  test('a service that is not there ends the start', async (t) => {
    const args = ['--model', 'bedrock/m', '--api-base', NOWHERE]
    const { err, code } = await sluice(freshPlace(t), ...args)
    assert.equal(code, 1)
    assert.match(err, /^sluice: .+--model: no server of "bedrock" can be spoken to here\n$/)
  })
})

describe('sluice config', () => {
  const SECRETS = `
general_settings:
  master_key: sk-master
  rate_limit_config: {sk-limited: {rpm: 1}}
router_settings: {redis_url: "redis://u:sk-redis@r", redis_password: sk-password}
model_list:
  - model_name: m
    litellm_params: {model: openai/m, api_base: ${NOWHERE}, api_key: sk-key, headers: {a: sk-head}}
`
  test('show hides every secret of the file', async (t) => {
    const { out } = await sluice(freshPlace(t, SECRETS), 'config', 'show', 'config.yaml')
    assert.doesNotMatch(out, /sk-/)
    const shown = JSON.parse(out) as { keys: object; redis: object; limits: object }
    assert.deepEqual(shown.keys, { master_key: '[hidden]', limits: { '[hidden 1]': { rpm: 1 } } })
    assert.equal((shown.redis as { url: string }).url, 'redis://[hidden]@r')
    assert.ok('body_bytes' in shown.limits)
  })

  test('check tells what is not used, and repeats no secret', async (t) => {
    const place = freshPlace(t, `${SECRETS}litellm_settings: {odd: 1}\n`)
    const { out, err, code } = await sluice(place, 'config', 'check', 'config.yaml')
    assert.deepEqual([out, code], ['config.yaml is valid\n', 0])
    assert.match(err, /^sluice: warning: config\.yaml:9:25 litellm_settings\.odd is no key/m)
    assert.doesNotMatch(err, /sk-/)
  })
})
