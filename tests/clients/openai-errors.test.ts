import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import { completion, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const MASTER = 'sk-master'
const MESSAGES = [{ role: 'user', content: 'q' }] as const

type ErrorClass = new (...args: never[]) => APIError

/** The gateway's own code, wherever a body of this shape has it. */
function codeIn(error: APIError, litellm: boolean): unknown {
  if (!litellm) return error.code
  assert.equal(error.code, String(error.status ?? ''), 'the code is the status, as a text')
  const body = error.error as { provider_specific_fields: { code: string } }
  return body.provider_specific_fields.code
}

for (const litellm of [false, true]) {
  describe(`what the openai client makes of our errors ${litellm ? 'with' : 'without'} a LiteLLM configuration`, () => {
    const scope = createScope()
    let gateway: RunningGateway
    let upstream: ScriptedUpstream

    before(async () => {
      upstream = await startUpstream(scope)
      const gone = await startUpstream(scope)
      gone.play((socket) => socket.resetAndDestroy())
      gateway = await startGateway(scope, {
        config: {
          upstreams: [
            { url: upstream.url, kind: 'generic', models: ['m'], max_parallel_requests: 1 },
            { url: gone.url, kind: 'generic', models: ['gone'] },
          ],
          keys: { master_key: MASTER },
          routing: { litellm },
        },
      })
    })
    after(() => scope.close())

    const clientWith = (apiKey: string): OpenAI =>
      new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 })

    /** The error of a call, which must be of this class. */
    async function failing(
      asked: Promise<unknown>,
      expected: ErrorClass,
    ): Promise<InstanceType<ErrorClass>> {
      const error = await asked.then(
        () => assert.fail('it was answered'),
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof expected, String(error))
      return error
    }

    const ask = (model: unknown, apiKey = MASTER): Promise<unknown> =>
      clientWith(apiKey).chat.completions.create({
        model: model as string,
        messages: [...MESSAGES],
      })

    test('a key that nobody knows is an AuthenticationError', async () => {
      const error = await failing(ask('m', 'sk-wrong'), AuthenticationError)
      assert.equal(codeIn(error, litellm), 'unauthorized')
      assert.equal(error.type, litellm ? 'auth_error' : 'authentication_error')
      assert.equal(error.param, litellm ? 'None' : null)
    })

    test('a model that nobody serves is a NotFoundError that names it', async () => {
      const error = await failing(ask('nobody'), NotFoundError)
      assert.equal(codeIn(error, litellm), 'model_not_found')
      assert.equal(error.param, 'model')
      assert.match(error.message, /"nobody"; there is m, gone/)
      const missing = await failing(clientWith(MASTER).models.retrieve('nobody'), NotFoundError)
      assert.equal(codeIn(missing, litellm), 'model_not_found')
    })

    test('a body that cannot be read is a BadRequestError', async () => {
      const error = await failing(ask(7), BadRequestError)
      assert.deepEqual([codeIn(error, litellm), error.param], ['bad_body', 'model'])
    })

    test('an upstream that breaks off is an InternalServerError', async () => {
      const error = await failing(ask('gone'), InternalServerError)
      assert.equal(codeIn(error, litellm), 'upstream_reset')
    })

    test('upstreams that are all busy are a RateLimitError', async () => {
      upstream.play((socket, request) => {
        void busy.promise.then(() => single(completion('late'))(socket, request))
      })
      const busy = Promise.withResolvers<void>()
      const seen = upstream.next()
      const first = ask('m')
      await seen
      const error = await failing(ask('m'), RateLimitError)
      assert.equal(codeIn(error, litellm), 'upstreams_busy')
      assert.equal(error.type, 'rate_limit_error')
      busy.resolve()
      await first
    })

    test('a model that a key may not ask is a PermissionDeniedError, and its list leaves it out', async () => {
      const { key } = (await gateway.json('/key/generate', {
        method: 'POST',
        headers: { authorization: `Bearer ${MASTER}`, 'content-type': 'application/json' },
        body: JSON.stringify({ models: ['gone'] }),
      })) as { key: string }
      const error = await failing(ask('m', key), PermissionDeniedError)
      assert.equal(codeIn(error, litellm), 'model_not_allowed')
      assert.equal(error.type, 'key_model_access_denied')
      const listed = await clientWith(key).models.list()
      assert.deepEqual(
        listed.data.map(({ id }) => id),
        ['gone'],
      )
      await failing(clientWith(key).models.retrieve('m'), NotFoundError)
    })

    test('a route of the gateway itself fails in the same shape', async () => {
      const headers = { authorization: `Bearer ${MASTER}` }
      const asked = clientWith(MASTER).get('/../traces/none', { headers })
      const error = await failing(asked, NotFoundError)
      assert.equal(codeIn(error, litellm), 'trace_not_found')
    })

    test('a stream that breaks off ends with an error', async () => {
      upstream.play(stream([roleEvent(), tokenEvent('a')], { end: 'rst' }))
      const reply = await clientWith(MASTER).chat.completions.create({
        model: 'm',
        messages: [...MESSAGES],
        stream: true,
      })
      const error = await failing(Array.fromAsync(reply), APIError)
      const body = error.error as { code: string; provider_specific_fields?: { code: string } }
      const code = litellm ? body.provider_specific_fields?.code : body.code
      assert.equal(code, 'upstream_reset')
      if (litellm) assert.equal(body.code, '502')
    })

    test('an error of the upstream passes as the upstream wrote it', async () => {
      const theirs = {
        message: 'too hot',
        type: 'BadRequestError',
        param: 'temperature',
        code: 400,
      }
      upstream.play(single(JSON.stringify({ error: theirs }), { status: 400 }))
      const error = await failing(ask('m'), BadRequestError)
      assert.deepEqual(error.error, theirs)
    })
  })
}
