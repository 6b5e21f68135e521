import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import type { Simulator } from '../../src/simulator/index.ts'
import { preparePython } from '../interop/python.ts'
import { hasCurl } from '../support/has-curl.ts'
import { withoutRedis } from '../support/redis.ts'
import { createScope } from '../support/scope.ts'
import { deploy, MASTER_KEY, type Deployment } from './guide.ts'

const skip = withoutRedis || (hasCurl() ? false : 'curl is not installed: apt-get install curl')
const { python, skip: withoutPython } = await preparePython()

const AUTH = '-H "Authorization: Bearer $LITELLM_MASTER_KEY"'
const JSON_TYPE = '-H "Content-Type: application/json"'

/** Calls that a server has seen; probes do not count. */
function callsTo({ requests }: Simulator): number {
  return requests.filter(({ method }) => method === 'POST').length
}

interface Completion {
  readonly id: string
  readonly model: string
  readonly choices: readonly {
    readonly message: { readonly content: string | null; readonly tool_calls?: readonly unknown[] }
  }[]
  readonly usage: { readonly total_tokens: number }
}

describe('a LiteLLM deployment for two vLLM servers, as its guide has it', { skip }, () => {
  const scope = createScope()
  let it: Deployment

  before(async () => {
    it = await deploy(scope)
  })
  after(() => scope.close())

  /** A chat by curl; each question is another one, so that no answer comes from the cache. */
  async function chat(model: string, question: string, more = ''): Promise<Completion> {
    const body = JSON.stringify({
      model,
      messages: [{ role: 'user', content: question }],
      max_tokens: 20,
      temperature: 0.7,
    })
    const url = 'http://localhost:4000/v1/chat/completions'
    return JSON.parse(
      await it.shell(`curl -s ${url} ${JSON_TYPE} ${AUTH} ${more} -d '${body}'`),
    ) as Completion
  }

  test('health needs no key', async () => {
    const health = JSON.parse(await it.shell('curl -s http://localhost:4000/health')) as {
      healthy_count: number
      status: string
    }
    assert.equal(health.healthy_count, 6)
    assert.equal(health.status, 'ok')
  })

  test('the models are listed to those who have the key', async () => {
    const list = JSON.parse(await it.shell(`curl -s http://localhost:4000/v1/models ${AUTH}`)) as {
      data: readonly { id: string }[]
    }
    assert.deepEqual(
      list.data.map(({ id }) => id),
      ['gpt-oss-120b', 'qwen-30b', 'gpt-primary', 'my-custom-model'],
    )
    const refused = await it.shell(
      'curl -s -o /dev/null -w "%{http_code}" http://localhost:4000/v1/models',
    )
    assert.equal(refused, '401')
  })

  test('a page that is not there yet is a 404 that says which, with a key and without', async () => {
    for (const auth of [AUTH, '']) {
      const page = await it.shell(`curl -s -w " %{http_code}" http://localhost:4000/ui ${auth}`)
      assert.match(page, /There is no such route: GET \/ui".* 404$/)
    }
  })

  test('a key that is wrong is a 401', async () => {
    const status = await it.shell(
      `curl -s -o /dev/null -w "%{http_code}" http://localhost:4000/v1/chat/completions ` +
        `${JSON_TYPE} -H "Authorization: Bearer sk-other" -d '{"model":"qwen-30b","messages":[]}'`,
    )
    assert.equal(status, '401')
  })

  test('a chat is answered, and its trace has every token', async () => {
    const { choices } = await chat('gpt-oss-120b', 'What is a qubit?', '-D head.txt')
    assert.ok(choices[0]?.message.content)
    const [, id] = /^x-trace-id: (\S+)/im.exec(await it.shell('cat head.txt')) ?? []
    const trace = JSON.parse(
      await it.shell(`curl -s http://localhost:4000/traces/${id} ${AUTH}`),
    ) as Trace
    assert.equal(trace.response_message['content'], choices[0]?.message.content)
    assert.ok(trace.completion_token_ids.length > 0)
    assert.equal(trace.completion_token_ids.length, trace.usage?.['completion_tokens'])
    assert.equal(trace.logprobs?.length, trace.completion_token_ids.length)
  })

  test('a stream comes event by event, to its end', async () => {
    const body = JSON.stringify({
      model: 'qwen-30b',
      messages: [{ role: 'user', content: 'Write fibonacci in Python' }],
      stream: true,
      max_tokens: 20,
    })
    const url = 'http://localhost:4000/v1/chat/completions'
    const out = await it.shell(`curl -sN ${url} ${JSON_TYPE} ${AUTH} -d '${body}'`)
    const events = out.split('\n\n').filter(Boolean)
    assert.ok(events.length > 5, out)
    assert.equal(events.at(-1), 'data: [DONE]')
  })

  test('a model with a prefix nobody knows is asked by its name on the server', async () => {
    assert.ok((await chat('my-custom-model', 'Who are you?')).choices[0]?.message.content)
  })

  test('text is completed and embedded', async () => {
    const text = JSON.parse(
      await it.shell(
        `curl -s http://localhost:4000/v1/completions ${JSON_TYPE} ${AUTH} ` +
          `-d '{"model":"qwen-30b","prompt":"Once upon","max_tokens":5}'`,
      ),
    ) as { choices: readonly { text: string }[] }
    assert.ok(text.choices[0]?.text)
    const embedded = JSON.parse(
      await it.shell(
        `curl -s http://localhost:4000/v1/embeddings ${JSON_TYPE} ${AUTH} ` +
          `-d '{"model":"qwen-30b","input":"Once upon"}'`,
      ),
    ) as { data: readonly { embedding: readonly number[] }[] }
    assert.ok((embedded.data[0]?.embedding.length ?? 0) > 0)
  })

  test(
    'the Python client makes its request and calls its tool',
    { skip: withoutPython },
    async () => {
      const printed = (await python?.run('litellm_guide', it.gateway.url, MASTER_KEY)) as {
        content: string
        tools: readonly { name: string; arguments: object }[]
      }
      assert.ok(printed.content)
      assert.equal(printed.tools[0]?.name, 'get_weather')
      assert.ok('city' in (printed.tools[0]?.arguments ?? {}))
    },
  )

  test('calls are balanced between the two instances', async () => {
    const before = it.servers.map(callsTo)
    const questions = Array.from({ length: 40 }, (_, index) => `Count to ${index}`)
    await Promise.all(questions.map((question) => chat('gpt-oss-120b', question)))
    const spread = it.servers.map((server, at) => callsTo(server) - (before[at] ?? 0))
    assert.equal((spread[0] ?? 0) + (spread[1] ?? 0), 40)
    assert.ok(Math.min(...spread) >= 8, `spread ${spread.join(' and ')}`)
  })

  test('the smaller model answers while the larger one fails', async () => {
    it.break(true)
    const seen = callsTo(it.servers[1])
    for (const turn of [1, 2, 3]) {
      assert.ok((await chat('gpt-primary', `Are you there? ${turn}`)).choices[0]?.message.content)
    }
    assert.ok(callsTo(it.servers[1]) >= seen + 3)
    it.break(false)
  })

  test('what each model cost is asked by SQL', () => {
    const file = join(it.gateway.dir, 'traces.db')
    using db = new DatabaseSync(file, { readOnly: true })
    const rows = db
      .prepare(
        `SELECT model, COUNT(*) as requests, SUM(response_cost) as total_cost
         FROM litellm_spend
         GROUP BY model`,
      )
      .all() as { model: string; requests: number; total_cost: number }[]
    const large = rows.find(({ model }) => model === 'gpt-oss-120b')
    assert.ok(large && large.requests >= 41, JSON.stringify(rows))
    const { tokens } = db
      .prepare(
        `SELECT SUM(prompt_tokens * 0.000001 + completion_tokens * 0.000004) AS tokens
         FROM "LiteLLM_SpendLogs" WHERE model_group = 'gpt-oss-120b'`,
      )
      .get() as { tokens: number }
    const { spend } = db
      .prepare(
        `SELECT SUM(spend) AS spend FROM "LiteLLM_SpendLogs" WHERE model_group = 'gpt-oss-120b'`,
      )
      .get() as { spend: number }
    assert.ok(spend > 0)
    assert.ok(Math.abs(spend - tokens) < 1e-12)
  })

  test('the same question is answered from Redis, and no server is asked', async () => {
    const first = await chat('qwen-30b', 'What is a cache?', '-D first.txt')
    const asked = callsTo(it.servers[0])
    const second = await chat('qwen-30b', 'What is a cache?', '-D second.txt')
    assert.deepEqual(second, first)
    assert.equal(callsTo(it.servers[0]), asked)
    assert.match(await it.shell('cat second.txt'), /^x-litellm-cache-key: \S/im)
    assert.match(await it.shell('redis-cli INFO stats'), /keyspace_hits:[1-9]/)
    assert.match(await it.shell('redis-cli CLIENT LIST'), /name=sluice/)
    assert.equal((await it.shell('redis-cli ping')).trim(), 'PONG')
    await it.shell('redis-cli FLUSHALL')
    await chat('qwen-30b', 'What is a cache?')
    assert.equal(callsTo(it.servers[0]), asked + 1)
  })

  test('a key of the file may make a hundred calls in a minute', async () => {
    const url = `${it.gateway.url}/v1/chat/completions`
    const call = (index: number): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer user-key-1' },
        body: JSON.stringify({
          model: 'qwen-30b',
          messages: [{ role: 'user', content: `${index}` }],
          max_tokens: 2,
        }),
      })
    const statuses: number[] = []
    for (let index = 0; index < 101; index += 1) {
      const reply = await call(index)
      statuses.push(reply.status)
      await reply.arrayBuffer()
    }
    assert.deepEqual(statuses, [...Array<number>(100).fill(200), 429])
  })

  test('Prometheus finds the numbers', async () => {
    const metrics = await it.shell('curl -s http://localhost:4000/metrics')
    for (const name of [
      'litellm_proxy_total_requests_metric_total',
      'litellm_spend_metric_total',
      'litellm_total_tokens_metric_total',
      'litellm_deployment_success_responses_total',
    ]) {
      assert.match(metrics, new RegExp(`^${name}\\{.*\\} [0-9.e+-]*[1-9]`, 'm'), name)
    }
  })
})

describe('the log of such a deployment', { skip }, () => {
  test('says why a call was refused where LITELLM_LOG=DEBUG asks for it', async () => {
    const scope = createScope()
    try {
      const it = await deploy(scope, { LITELLM_LOG: 'DEBUG' })
      await it.shell('curl -s http://localhost:4000/v1/models')
      await it.gateway.stop()
      assert.match(it.gateway.stderr(), /"level":"debug".*"code":"unauthorized"/)
    } finally {
      await scope.close()
    }
  })
})
