import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { serve, sluice, type Place } from '../support/cli.ts'
import { widest } from './run.ts'

function freshPlace(t: TestContext, env: Record<string, string> = {}): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-rllm-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  return { cwd, env }
}

const put = ({ cwd }: Place, name: string, text: string): void =>
  writeFileSync(join(cwd, name), text)

describe('the documented ways to start the rLLM gateway', () => {
  test('with a worker', async (t) => {
    const place = freshPlace(t)
    const worker = ['--worker', 'http://localhost:8000/v1'] as const
    const { screen } = await serve(t, place, '--port', '0', ...worker)
    assert.match(screen, /upstreams +http:\/\/localhost:8000\n/)
    assert.ok(widest(screen) <= 80)
  })

  test('with a path for the database and two workers', async (t) => {
    const place = freshPlace(t)
    const workers =
      '--worker http://vllm-0:8000/v1 --worker http://vllm-1:8000/v1 --db-path ./traces.db'
    const { screen } = await serve(t, place, '--port', '0', ...workers.split(' '))
    assert.match(screen, /upstreams +http:\/\/vllm-0:8000\n +http:\/\/vllm-1:8000\n/)
    assert.match(screen, /traces +\.\/traces\.db /)
    assert.ok(existsSync(join(place.cwd, 'traces.db')))
  })

  test('with a file', async (t) => {
    const place = freshPlace(t, { HOME: '/nowhere' })
    put(
      place,
      'gateway.yaml',
      'host: "127.0.0.1"\nport: 0\ndb_path: "here.db"\nlog_level: INFO\n\nworkers:\n' +
        '  - url: "http://vllm-0:8000/v1"\n    model_name: "Qwen/Qwen2.5-7B-Instruct"\n',
    )
    const { screen } = await serve(t, place, '--config', 'gateway.yaml')
    assert.match(screen, /upstreams +http:\/\/vllm-0:8000 \(Qwen\/Qwen2\.5-7B-Instruct\)\n/)
    assert.match(screen, /traces +\.\/here\.db /)
  })

  test('with the environment', async (t) => {
    const place = freshPlace(t, {
      RLLM_GATEWAY_HOST: '127.0.0.1',
      RLLM_GATEWAY_PORT: '0',
      RLLM_GATEWAY_STORE: 'memory',
      RLLM_GATEWAY_DB_PATH: 'unused.db',
      RLLM_GATEWAY_LOG_LEVEL: 'WARNING',
    })
    const { screen, url } = await serve(t, place)
    assert.match(screen, /traces +in memory /)
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.ok(!existsSync(join(place.cwd, 'unused.db')))
  })

  test('as the trainer does, on a process of its own', async (t) => {
    const line = ['--host', '127.0.0.1', '--port', '0', '--store', 'sqlite', '--db-path', 'd.db']
    const gateway = await serve(t, freshPlace(t), ...line, '--model', 'm')
    const { status } = (await (await fetch(`${gateway.url}/health`)).json()) as { status: string }
    assert.equal(status, 'ok')
    assert.equal(await gateway.stop('SIGTERM'), 0)
  })
})

describe('the older launcher', () => {
  const LIST =
    'model_list:\n' +
    ['gpt-3.5-turbo', 'gpt-4o-mini']
      .map(
        (model) =>
          `  - model_name: ${model}\n    litellm_params:\n      model: ${model}\n      api_key: \${OPENAI_API_KEY}\n`,
      )
      .join('')
  const LINE = (
    '--config examples/litellm_openai_config.yaml --host 127.0.0.1 --port 0 ' +
    '--state-dir state/litellm_proxy --db-path rllm_test.db ' +
    '--project rllm-openai-test --admin-token my-shared-secret'
  ).split(' ')
  const launcher = (t: TestContext, text = LIST): Place => {
    const place = freshPlace(t, { OPENAI_API_KEY: 'sk-none' })
    mkdirSync(join(place.cwd, 'examples'))
    put(place, 'examples/litellm_openai_config.yaml', text)
    return place
  }

  test('starts with its own command line and file', async (t) => {
    const place = launcher(t)
    const { screen } = await serve(t, place, ...LINE)
    assert.match(screen, /upstreams +https:\/\/api\.openai\.com \(gpt-3\.5-turbo, gpt-4o-mini\)\n/)
    assert.match(screen, /access +sessions, traces and admin need the admin token\n/)
    assert.doesNotMatch(screen, /my-shared-secret|sk-none/)
    assert.ok(widest(screen) <= 80)
    assert.ok(existsSync(join(place.cwd, 'rllm_test.db')))
    assert.ok(existsSync(join(place.cwd, 'state/litellm_proxy')))
  })

  test('and with its switches', async (t) => {
    const switches = ['--sync-tracer', '--add-logprobs', '--add-return-token-ids']
    const gateway = await serve(t, launcher(t), ...LINE, ...switches)
    assert.equal(await gateway.stop('SIGTERM'), 0)
  })

  test('warns of what it does not use, and stays quiet on standard output', async (t) => {
    const place = launcher(t, `${LIST}litellm_settings: {odd: true}\nguardrails: [x]\n`)
    const gateway = await serve(t, place, ...LINE, '--quiet')
    assert.equal(gateway.screen, `${gateway.url}\n`)
    await gateway.stop('SIGTERM')
    const file = 'examples/litellm_openai_config.yaml'
    assert.deepEqual(gateway.errors().trim().split('\n'), [
      `sluice: warning: ${file}:11:13 guardrails is not used yet`,
      `sluice: warning: ${file}:10:25 litellm_settings.odd is no key this gateway knows`,
    ])
  })
})

describe('cumulative token mode ends the start with one line', () => {
  const refused = async (place: Place, message: RegExp, ...args: string[]): Promise<void> => {
    const { out, err, code } = await sluice(place, ...args)
    assert.deepEqual([out, code], ['', 1])
    assert.match(err, message)
    assert.match(
      err,
      /^sluice: [^\n]+ asks for cumulative token mode, which is not there yet; [^\n]+\n$/,
    )
  }

  test('as a flag, as its renderer, and in a file', async (t) => {
    const place = freshPlace(t)
    put(place, 'g.yaml', 'port: 0\ncumulative_token_mode: true\n')
    await refused(place, /: --cumulative-token-mode asks/, '--cumulative-token-mode')
    await refused(place, /: --renderer-family asks/, '--renderer-family', 'qwen3')
    await refused(place, /: g\.yaml:2:24 cumulative_token_mode asks/, '--config', 'g.yaml')
  })
})
