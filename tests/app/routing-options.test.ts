import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { routingOf, termsOf } from '../../src/app/routing-options.ts'
import { loadConfigText } from '../../src/config/index.ts'

const deployment = (host: string, limits: object): object => ({
  model_name: 'm',
  litellm_params: { model: 'openai/m', api_base: `http://${host}`, ...limits },
})

test('the limits of a group of LiteLLM’s reach the shuffle, whichever entry has them', () => {
  for (const limits of [
    [{ rpm: 900 }, {}, { rpm: 100 }],
    [{}, { rpm: 900 }, { rpm: 100 }],
    [{ tpm: 5_000_000 }, {}, { tpm: 9_000_000 }],
  ]) {
    const file = {
      model_list: limits.map((one, index) => deployment(`s${index}`, one)),
      router_settings: { routing_strategy: 'simple-shuffle' },
    }
    const config = loadConfigText(stringify(file), { env: {} })
    assert.equal(routingOf(config).strategy, 'simple-shuffle')
    const terms = config.upstreams.map(termsOf)
    assert.deepEqual(
      terms.map(({ share, rpm, tpm }) => ({ share, rpm, tpm })),
      limits.map((one) => ({ share: null, rpm: null, tpm: null, ...one })),
    )
  }
})
