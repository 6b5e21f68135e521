import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import {
  GatewayClient,
  injectBaggage,
  session,
  sessionFromBaggage,
  trackOpenAI,
  type Session,
  type Trace,
} from 'sluice/client'
import { startGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'

const MODEL = 'sluice-sim'
const messages = [{ role: 'user' as const, content: 'What does a sluice box do?' }]

suite('one tracked openai client', () => {
  const scope = createScope()
  let gateway: GatewayClient
  let openai: OpenAI
  before(async () => {
    const { url } = await startGateway(scope, {
      config: {
        upstreams: [{ simulator: { models: [MODEL], tokens_per_second: 0, ttft_ms: 0 } }],
      },
    })
    gateway = new GatewayClient(url)
    scope.after(() => gateway.close())
    openai = trackOpenAI(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'EMPTY', maxRetries: 0 }))
  })
  after(() => scope.close())

  const chat = (): Promise<OpenAI.ChatCompletion> =>
    openai.chat.completions.create({ model: MODEL, messages, max_tokens: 8 })

  /** The traces of what is done in a session of its own. */
  async function tracesOf(use: (own: Session) => unknown): Promise<readonly Trace[]> {
    return session({ session_name: 'own', kind: 'test' }, async (own) => {
      await use(own)
      const traces = await gateway.sessionTraces(own.uid)
      for (const trace of traces) {
        assert.deepEqual(trace.metadata, { session_name: 'own', kind: 'test' })
        assert.equal(trace.status, 'complete')
      }
      return traces
    })
  }

  test('serves many sessions at once, each call in its own with its metadata', async () => {
    const uids = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        session({ session_name: `task:${index}`, index }, async ({ uid }) => {
          await chat()
          const stream = await openai.chat.completions.create({
            model: MODEL,
            messages,
            max_tokens: 8,
            stream: true,
          })
          assert.ok((await Array.fromAsync(stream)).length > 1)
          return uid
        }),
      ),
    )
    for (const [index, uid] of uids.entries()) {
      const traces = await gateway.sessionTraces(uid)
      assert.deepEqual(
        traces.map(({ streaming, status, session_ids, metadata }) => ({
          streaming,
          status,
          session_ids,
          metadata,
        })),
        [false, true].map((streaming) => ({
          streaming,
          status: 'complete',
          session_ids: [uid],
          metadata: { session_name: `task:${index}`, index },
        })),
      )
    }
  })

  test('puts a call in an inner session into all of them, and goes back to the outer', async () => {
    await session({ job: 'a' }, async (outer) => {
      const inner = await session({ step: 1 }, async (own) => (await chat(), own))
      await chat()
      const all = await gateway.sessionTraces(outer.uid)
      assert.deepEqual(
        all.map(({ session_ids, metadata }) => [session_ids, metadata]),
        [
          [[outer.uid, inner.uid], { session_name: outer.sessionName, job: 'a', step: 1 }],
          [[outer.uid], { session_name: outer.sessionName, job: 'a' }],
        ],
      )
      assert.equal((await gateway.sessionTraces(inner.uid)).length, 1)
    })
  })

  test('calls the plain base URL outside of a session', async () => {
    assert.equal(openai.baseURL, `${gateway.url}/v1`)
    const completion = await chat()
    const [last] = (await gateway.sessionTraces('default')).toReversed()
    assert.equal((last?.raw_response as { id?: string } | null)?.id, completion.id)
    assert.deepEqual(last?.metadata, {})
  })

  test('keeps a session that came in from another process', async () => {
    const header = session({ session_name: 'remote' }, () => injectBaggage()['baggage'])
    await sessionFromBaggage(header, async (own) => {
      await chat()
      const [trace] = await gateway.sessionTraces(own?.uid ?? '')
      assert.equal(trace?.metadata['session_name'], 'remote')
    })
  })

  const uses: readonly (readonly [string, string | null, () => Promise<unknown>])[] = [
    [
      'chat.completions.stream',
      'chat',
      () => openai.chat.completions.stream({ model: MODEL, messages }).finalChatCompletion(),
    ],
    [
      'chat.completions.parse',
      'chat',
      async () => {
        const asked = openai.chat.completions.parse({
          model: MODEL,
          messages,
          response_format: zodResponseFormat(z.object({ a: z.string() }), 'answer'),
        })
        // The stand-in does not follow schemas; the call is made all the same.
        await asked.catch((error: unknown) => assert.doesNotMatch(String(error), /fetch|status/))
      },
    ],
    [
      'completions.create',
      'completions',
      () => openai.completions.create({ model: MODEL, prompt: 'Once' }),
    ],
    ['post', 'chat', () => openai.post('/chat/completions', { body: { model: MODEL, messages } })],
    [
      'a method held in a variable',
      'chat',
      async () => {
        // oxlint-disable-next-line typescript/unbound-method -- what is asked here
        const { create } = openai.chat.completions
        await create({ model: MODEL, messages })
      },
    ],
    [
      'withOptions',
      'chat',
      () =>
        openai.withOptions({ timeout: 5000 }).chat.completions.create({ model: MODEL, messages }),
    ],
    [
      'withResponse',
      'chat',
      async () => {
        const asked = openai.chat.completions.create({ model: MODEL, messages })
        const { data, response } = await asked.withResponse()
        assert.equal(data.object, 'chat.completion')
        assert.match(response.headers.get('x-trace-id') ?? '', /^[0-9a-f-]{36}$/)
      },
    ],
    [
      'asResponse',
      'chat',
      async () => {
        const reply = await openai.chat.completions.create({ model: MODEL, messages }).asResponse()
        assert.equal(((await reply.json()) as { object: string }).object, 'chat.completion')
      },
    ],
  ]
  for (const [name, dialect, use] of uses) {
    test(`knows the session of ${name}`, async () => {
      const traces = await tracesOf(use)
      assert.deepEqual(
        traces.map((trace) => trace.dialect),
        [dialect],
      )
    })
  }

  test('gives embeddings and the list of models in a session', async () => {
    await session(async () => {
      const { data } = await openai.embeddings.create({ model: MODEL, input: 'a' })
      assert.equal(data.length, 1)
      const models = await Array.fromAsync(openai.models.list())
      assert.deepEqual(
        models.map(({ id }) => id),
        [MODEL],
      )
    })
  })

  test('is an OpenAI and has one object for each part of the API', () => {
    assert.ok(openai instanceof OpenAI)
    assert.equal(openai.chat.completions, openai.chat.completions)
  })
})
