import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { errorIn, startManaged, type ManagedGateway, type Reply } from '../admin/managed-gateway.ts'
import { createScope } from '../support/scope.ts'
import type { Script } from '../support/scripted-upstream.ts'
import { answers, bodiesOf, refuses } from './routing-setup.ts'

const TOO_LONG = refuses(400, 'prompt is too long')
const UNWANTED = refuses(400, 'It violates our content policy.')
const BROKEN = refuses(500)

describe('a caller of LiteLLM whose model fails', () => {
  const scope = createScope()
  let sluice: ManagedGateway
  let key: string

  before(async () => {
    const routing = {
      litellm: true,
      retries: 0,
      model_aliases: { fast: 'a', large: 'b' },
      fallbacks: { a: ['c'] },
      content_policy_fallbacks: { a: ['c'] },
    }
    const prices = { dear: { input_per_token: 5, output_per_token: 5 } }
    sluice = await startManaged(scope, { config: { routing, prices } })
    key = await sluice.generate({ models: ['a', 'b', 'c', 'fast', 'large', 'dear'] })
  })
  after(() => scope.close())

  interface Asked {
    readonly reply: Reply
    /** In turn. */
    readonly models: readonly unknown[]
  }

  /** Calls with a server that fails in these ways and then answers. */
  async function ask(body: object, failures: readonly Script[], model = 'a'): Promise<Asked> {
    const before = bodiesOf(sluice.worker).length
    sluice.worker.play(...failures, answers('done'))
    const reply = await sluice.call(key, { model, body })
    const sent = bodiesOf(sluice.worker).slice(before)
    return { reply, models: sent.map(({ model: name }) => name) }
  }

  for (const [how, field, failure] of [
    ['because the prompt is too long', 'context_window_fallbacks', TOO_LONG],
    ['because it will not answer', 'content_policy_fallbacks', UNWANTED],
  ] as const) {
    test(`${how} has the models asked that it says for that`, async () => {
      for (const said of [[{ x: ['c'] }, { a: ['b'] }], { a: ['large'] }, [{ '*': ['b'] }]]) {
        const { reply, models } = await ask({ [field]: said, fallbacks: ['c'] }, [failure])
        assert.deepEqual([reply.status, models], [200, ['a', 'b']], JSON.stringify(said))
      }
      const byAlias = await ask({ [field]: [{ fast: ['b'] }] }, [failure], 'fast')
      assert.deepEqual(byAlias.models, ['a', 'b'])
      const nobody = await ask({ [field]: [{ x: ['b'] }] }, [failure])
      assert.deepEqual([nobody.reply.status, nobody.models], [400, ['a']])
    })
  }

  test('of something else has the others asked', async () => {
    const { models } = await ask({ context_window_fallbacks: [{ a: ['b'] }] }, [BROKEN])
    assert.deepEqual(models, ['a', 'c'])
    const byAlias = await ask({ fallbacks: ['large'] }, [BROKEN])
    assert.deepEqual(byAlias.models, ['a', 'b'], 'by another name of a model')
  })

  test('cannot have one asked that its key may not ask', async () => {
    for (const field of ['context_window_fallbacks', 'content_policy_fallbacks']) {
      const { reply, models } = await ask({ [field]: [{ a: ['b', 'secret'] }] }, [])
      assert.deepEqual([reply.status, models], [403, []])
      assert.match(String(errorIn(reply)['message']), /Tried to access secret$/)
    }
  })

  test('has the price of those it says set aside, though its model is free', async () => {
    const poor = await sluice.generate({ max_budget: 1 })
    const body = { context_window_fallbacks: [{ a: ['dear'] }] }
    const seen = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const hold: Script = async (socket, request) => {
      seen.resolve()
      await held.promise
      return answers('done')(socket, request)
    }
    sluice.worker.play(hold, TOO_LONG, answers('dear'))
    const first = sluice.call(poor, { model: 'a', body })
    await seen.promise
    const other = await sluice.call(poor, { model: 'a', body })
    held.resolve()
    assert.equal(other.status, 400, 'the budget was set aside for the first call')
    assert.equal((await first).status, 200)
  })

  for (const [field, said] of [
    ['context_window_fallbacks', 'b'],
    ['context_window_fallbacks', ['b']],
    ['content_policy_fallbacks', [{ a: 'b' }]],
    ['content_policy_fallbacks', { a: [7] }],
    ['mock_testing_fallbacks', 'yes'],
    ['mock_testing_content_policy_fallbacks', 1],
  ] as const) {
    test(`is told that ${field} cannot be ${JSON.stringify(said)}`, async () => {
      const { reply, models } = await ask({ [field]: said }, [])
      assert.deepEqual([reply.status, models], [400, []])
      assert.equal(errorIn(reply)['param'], field)
      assert.match(String(errorIn(reply)['message']), new RegExp(field))
    })
  }
})

describe('a rehearsal of fallbacks', () => {
  const scope = createScope()
  let sluice: ManagedGateway

  before(async () => {
    const routing = {
      litellm: true,
      fallbacks: { a: ['b'] },
      context_window_fallbacks: { a: ['c'] },
      content_policy_fallbacks: { a: ['d'] },
    }
    const cache = { kind: 'memory' }
    sluice = await startManaged(scope, { config: { routing, cache } })
  })
  after(() => scope.close())

  for (const [field, model, kind] of [
    ['mock_testing_fallbacks', 'b', 'internal_server'],
    ['mock_testing_context_fallbacks', 'c', 'context_window'],
    ['mock_testing_context_window_fallbacks', 'c', 'context_window'],
    ['mock_testing_content_policy_fallbacks', 'd', 'content_policy'],
  ] as const) {
    test(`takes the first model for failed, unasked, and its trace says so (${field})`, async () => {
      const key = await sluice.generate()
      // What a cache could answer is no rehearsal.
      await sluice.call(key, { model: 'a', body: { temperature: 0 } })
      const before = sluice.worker.calls
      const reply = await sluice.call(key, { model: 'a', body: { temperature: 0, [field]: true } })
      assert.equal(reply.status, 200)
      assert.equal(reply.headers.get('x-litellm-attempted-fallbacks'), '1')
      assert.equal(sluice.worker.calls, before + 1)
      assert.equal(bodiesOf(sluice.worker).at(-1)?.['model'], model)
      assert.equal(bodiesOf(sluice.worker).at(-1)?.[field], undefined)
      const { body: trace } = await sluice.get(`/traces/${reply.headers.get('x-trace-id')}`)
      assert.deepEqual(trace['warnings'], [`fallback_rehearsed:${kind}`])
    })
  }

  test('gives an error that says what was asked for, where nobody stands in', async () => {
    const key = await sluice.generate()
    for (const body of [
      { mock_testing_fallbacks: true, disable_fallbacks: true },
      { mock_testing_fallbacks: true, fallbacks: [] },
    ]) {
      const before = sluice.worker.calls
      const reply = await sluice.call(key, { model: 'a', body })
      assert.equal(reply.status, 500)
      assert.match(String(errorIn(reply)['message']), /A failure was asked for.*internal_server/)
      assert.equal(sluice.worker.calls, before)
    }
  })
})
