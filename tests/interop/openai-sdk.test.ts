import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { extendsLastTurn, startStand, type Stand } from '../clients/stand.ts'
import { createScope } from '../support/scope.ts'
import { preparePython } from './python.ts'

const { python, skip } = await preparePython()

/** What `openai_sync.py` and `openai_async.py` print. */
interface Printed {
  readonly chat: Seen & { readonly logprobs: unknown }
  readonly stream: Seen & { readonly usages: readonly number[] }
  readonly choices: readonly string[]
  readonly logprobs: { readonly whole: readonly number[]; readonly stream: readonly number[] }
  readonly tools: readonly JsonObject[]
  readonly sessions: Readonly<Record<string, string>>
  readonly slug: string
}

interface Seen {
  readonly content: string
  /** Names of fields that the package does not know. */
  readonly unasked: readonly string[]
  readonly usage: JsonObject
}

for (const program of ['openai_sync', 'openai_async']) {
  describe(`${program}.py, which knows nothing but base URLs`, { skip }, () => {
    const scope = createScope()
    let stand: Stand
    let printed: Printed
    before(async () => {
      stand = await startStand(scope)
      printed = (await python?.run(program, stand.gateway.url, program)) as Printed
    })
    after(() => scope.close())

    /** The one trace of a session, checked to the token. */
    async function onlyTrace(session: string): Promise<Trace> {
      const [trace, ...more] = await stand.exactTraces(session)
      assert.ok(trace)
      assert.equal(more.length, 0)
      return trace
    }

    test('a chat shows nothing that was not asked for, and its trace has it all', async () => {
      const trace = await onlyTrace(`${program}-chat`)
      assert.equal(printed.chat.content, trace.response_message['content'])
      assert.deepEqual(printed.chat.unasked, [])
      assert.equal(printed.chat.logprobs, null)
      assert.equal(printed.chat.usage['completion_tokens'], trace.completion_token_ids.length)
      assert.equal(trace.logprobs?.length, trace.completion_token_ids.length)
    })

    test('a stream shows usage where it was asked for, and its trace is the same', async () => {
      const [plain, counted] = await stand.exactTraces(`${program}-stream`)
      assert.equal(printed.stream.content, plain?.response_message['content'])
      assert.deepEqual(printed.stream.unasked, [])
      assert.deepEqual(printed.stream.usages, [0, 1])
      assert.equal(printed.stream.usage['completion_tokens'], counted?.completion_token_ids.length)
      assert.deepEqual(plain?.completion_token_ids, counted?.completion_token_ids)
    })

    test('each of n answers is in the trace', async () => {
      const trace = await onlyTrace(`${program}-n`)
      assert.equal(printed.choices.length, 3)
      assert.deepEqual(
        trace.choices.map(({ message }) => message['content']),
        printed.choices,
      )
    })

    test('logprobs that were asked for are those of the trace', async () => {
      const [whole, stream] = await stand.exactTraces(`${program}-logprobs`)
      assert.ok(printed.logprobs.whole.length > 0)
      assert.deepEqual(printed.logprobs, { whole: whole?.logprobs, stream: stream?.logprobs })
    })

    test('a tool round trip extends its last turn token by token', async () => {
      assert.deepEqual(
        printed.tools.map(({ role }) => role),
        ['user', 'assistant', 'tool', 'assistant'],
      )
      const traces = await stand.exactTraces(`${program}-tools`)
      assert.deepEqual(extendsLastTurn(traces), [true])
      assert.equal(traces[0]?.finish_reason, 'tool_calls')
      assert.deepEqual(traces[1]?.messages, printed.tools.slice(0, -1))
    })

    test('sessions with slashes and colons keep calls apart that one client makes at once', async () => {
      const all = Object.entries(printed.sessions)
      assert.equal(all.length, 8)
      for (const [session, content] of all) {
        const trace = await onlyTrace(session)
        assert.deepEqual([trace.session_id, trace.response_message['content']], [session, content])
      }
    })

    test('a slug made with json and base64 carries session and metadata', async () => {
      const trace = await onlyTrace(`${program}/slug:0`)
      assert.equal(trace.response_message['content'], printed.slug)
      assert.equal(trace.agent, 'planner')
      assert.deepEqual(trace.metadata['städte'], ['Köln', { n: 1 }])
    })
  })
}

describe('mistakes made with the openai package', { skip }, () => {
  test('are the error classes it has for them', async (t) => {
    const { gateway } = await startStand(t)
    const bad = { class: 'BadRequestError', status: 400 }
    const absent = { class: 'NotFoundError', status: 404 }
    const type = 'invalid_request_error'
    assert.deepEqual(await python?.run('openai_errors', gateway.url), {
      'bad slug': { ...bad, code: 'bad_slug', type },
      'slug of another version': { ...bad, code: 'slug_version', type },
      'bad session': { ...bad, code: 'bad_session', type },
      'no such route': { ...absent, code: 'route_not_found', type },
      'no such model': { ...absent, code: 'model_not_found', type },
      // The engine's own answers, as they are.
      'bad temperature': { ...bad, code: 400, type: 'BadRequestError' },
      'no messages': { ...bad, code: 400, type: 'Bad Request' },
    })
  })

  test('are the same classes with a LiteLLM configuration, where the code is the status', async (t) => {
    const { gateway } = await startStand(t, { routing: { litellm: true } })
    const type = 'invalid_request_error'
    const bad = { class: 'BadRequestError', status: 400, code: '400', type }
    const absent = { class: 'NotFoundError', status: 404, code: '404', type }
    assert.deepEqual(await python?.run('openai_errors', gateway.url), {
      'bad slug': bad,
      'slug of another version': bad,
      'bad session': bad,
      'no such route': absent,
      'no such model': absent,
      // The engine's own answers, as they are.
      'bad temperature': { ...bad, code: 400, type: 'BadRequestError' },
      'no messages': { ...bad, code: 400, type: 'Bad Request' },
    })
  })
})
