import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { startWithFile, type RunningGateway } from '../support/gateway.ts'
import { startRedis, type RunningRedis } from '../support/redis.ts'

export const MASTER_KEY = 'sk-your-secure-key-here'

/** A whole deployment as people run LiteLLM's proxy: two vLLM servers, a Redis, and one file. */
export interface Deployment {
  readonly gateway: RunningGateway
  readonly redis: RunningRedis
  readonly servers: readonly [Simulator, Simulator]
  /** Lets the first server fail every call, or no longer. */
  break(isBroken: boolean): void
  /** Runs a command line as people type it, against this deployment, and gives what it prints. */
  shell(command: string): Promise<string>
}

/** Starts it all; `tests/deployment/config.yaml` says how. */
export async function deploy(
  scope: { after(undo: () => unknown): void },
  env: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  let isBroken = false
  const first = createSimulator({
    models: ['gpt-oss-120b', 'qwen-30b', 'model-name'],
    seed: 1,
    fault: ({ method }) => (isBroken && method === 'POST' ? 'error:503' : undefined),
  })
  const second = createSimulator({ models: ['gpt-oss-120b', 'gpt-oss-20b'], seed: 2 })
  const [one, two] = await Promise.all([first.listen(), second.listen()])
  scope.after(() => Promise.all([first.close(), second.close()]))
  const redis = await startRedis(scope)
  const dir = mkdtempSync(join(tmpdir(), 'sluice-deployment-'))
  scope.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'config.yaml')
  writeFileSync(file, configOf(one.url, two.url, redis.port))
  const gateway = await startWithFile(scope, file, {
    args: ['--port', '0', '--db-path', join(dir, 'traces.db')],
    env: { LITELLM_MASTER_KEY: MASTER_KEY, ...env },
  })
  return {
    gateway,
    redis,
    servers: [first, second],
    break: (broken) => void (isBroken = broken),
    async shell(command) {
      const typed = command
        .replaceAll('localhost:4000', `localhost:${gateway.port}`)
        .replaceAll('redis-cli', `redis-cli -p ${redis.port}`)
      const options = { env: { ...process.env, LITELLM_MASTER_KEY: MASTER_KEY }, cwd: dir }
      const { stdout } = await promisify(execFile)('sh', ['-c', typed], options)
      return stdout
    },
  }
}

/** The servers of the deployment by name, in a file that LiteLLM reads as well. */
function configOf(one: string, two: string, redisPort: number): string {
  return `
model_list:
  # two instances of one model
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: ${one}/v1
      api_key: "not-used"
      rpm: 100
      tpm: 100000
      input_cost_per_token: 0.000001
      output_cost_per_token: 0.000004
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: ${two}/v1
      api_key: "not-used"
      rpm: 100
      tpm: 100000
      input_cost_per_token: 0.000001
      output_cost_per_token: 0.000004
  - model_name: qwen-30b
    litellm_params:
      model: openai/qwen-30b
      api_base: ${one}/v1
      api_key: "not-used"
  # a large model, and a smaller one of the same name beside it
  - model_name: gpt-primary
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: ${one}/v1
      api_key: "not-used"
  - model_name: gpt-primary
    litellm_params:
      model: openai/gpt-oss-20b
      api_base: ${two}/v1
      api_key: "not-used"
  - model_name: my-custom-model
    litellm_params:
      model: custom/model-name
      api_base: ${one}/v1
      api_key: "not-used"

router_settings:
  routing_strategy: least-busy
  redis_host: 127.0.0.1
  redis_port: ${redisPort}
  num_retries: 2
  enable_pre_call_checks: true

litellm_settings:
  cache: true
  cache_type: redis
  cache_kwargs:
    ttl: 3600

general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  rate_limit_config:
    user-key-1:
      rpm: 100
      tpm: 10000
    user-key-2:
      rpm: 500
      tpm: 50000
`
}
