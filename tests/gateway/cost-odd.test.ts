import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { chat } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { completionThatUsed } from './cost-setup.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'

/** Sets the cost that the metadata names. */
const RECKONS = `
const COSTS = { nothing: NaN, endless: Infinity, less: -5, text: '7', huge: 1e300, two: 2 }
export default {
  name: 'reckons',
  setup: () => ({
    trace: (trace) => ({ ...trace, cost: COSTS[trace.metadata.cost] ?? trace.cost }),
  }),
}
`
const USED = { prompt_tokens: 3, completion_tokens: 2 }
/** By the prices below; the answer has one token, by its length, and the prompt eight. */
const COST = 0.07
const ESTIMATED = 0.1

describe('what cannot be a cost', () => {
  const scope = createScope()
  let server: ScriptedUpstream
  let gateway: RunningGateway
  before(async () => {
    server = await startUpstream(scope)
    const price = { input_per_token: 0.01, output_per_token: 0.02 }
    gateway = await startGateway(scope, {
      dir: folderWith(scope, { 'reckons.ts': RECKONS }),
      config: {
        upstreams: [{ url: server.url, kind: 'generic', price }],
        routing: { litellm: true },
        plugins: [...BUILT_IN, 'reckons'],
      },
    })
  })
  after(() => scope.close())

  async function call(usage: unknown, cost = ''): Promise<[Trace, RawReply]> {
    server.play(single(completionThatUsed(usage as JsonObject)))
    const headers = { 'x-sluice-metadata': JSON.stringify({ cost }) }
    const reply = await post(`${gateway.url}/v1/chat/completions`, chat(false), headers)
    assert.equal(reply.status, 200)
    const id = String(reply.headers['x-trace-id'])
    return [(await gateway.json(`/traces/${id}`)) as Trace, reply]
  }

  const costs = ([trace, { headers }]: [Trace, RawReply]): unknown[] => [
    Number(trace.cost?.toFixed(9)),
    Number(headers['x-litellm-response-cost']),
  ]

  test('is none that a plugin says: then it is reckoned as ever, and the trace says so', async () => {
    for (const cost of ['nothing', 'endless', 'less', 'text', 'huge']) {
      const [trace, reply] = await call(USED, cost)
      assert.deepEqual(costs([trace, reply]), [COST, COST], cost)
      assert.deepEqual(trace.warnings, ['cost_unusable'], cost)
    }
    assert.deepEqual(costs(await call(USED, 'two')), [2, 2])
  })

  test('is not reckoned from what can be no number of tokens', async () => {
    for (const usage of [
      { prompt_tokens: '3', completion_tokens: [2] },
      { prompt_tokens: -3, completion_tokens: -2 },
      { prompt_tokens: 1e308, completion_tokens: 1.7e308 },
      null,
      'none',
    ]) {
      const [trace, reply] = await call(usage)
      assert.deepEqual(costs([trace, reply]), [ESTIMATED, ESTIMATED], JSON.stringify(usage))
      assert.equal(trace.cost_details?.estimated, true)
    }
  })

  test('is counted nowhere', async () => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith('litellm_spend_metric_total{'))
    const spent = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    assert.equal(spent.toFixed(6), (5 * COST + 2 + 5 * ESTIMATED).toFixed(6))
    assert.doesNotMatch(text, / (?:NaN|[+-]?Inf)\n/)
    assert.equal(gateway.stderr().includes('could not be counted'), false)
  })
})
