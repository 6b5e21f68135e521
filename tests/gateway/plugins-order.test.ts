import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { completion, DONE, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'

/** Writes its name behind those that are there already, in every hook that hands something on. */
const SIGNING = `export default {
  name: 'signing',
  config: { type: 'object', properties: { as: { type: 'string' } } },
  setup({ config: { as } }) {
    const signed = (value) => ({ ...value, signed: [...(value.signed ?? []), as] })
    return {
      params: signed,
      attempt: (params) => ({ ...params, tried: [...(params.tried ?? []), as] }),
      headers: ({ 'x-signed': names = '' }) => ({ 'x-signed': (names + ' ' + as).trim() }),
      stream: () => ({
        chunk: (chunk) => (chunk.data === undefined ? undefined : chunk.replace(signed(chunk.data))),
      }),
      trace: (trace) => ({ ...trace, extra: signed(trace.extra) }),
      error: (error) => Object.assign(error, { message: error.message + ' ' + as }),
    }
  },
}`

describe('two plugins that both take part in a call', () => {
  const scope = createScope()
  let upstream: ScriptedUpstream
  let gateway: RunningGateway
  before(async () => {
    upstream = await startUpstream(scope)
    const dir = folderWith(scope, { 'signing.ts': SIGNING })
    const named = ['one', 'two'].map((name) => ({ use: 'signing', as: name, config: { as: name } }))
    gateway = await startGateway(scope, {
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic' }],
        plugins: [...BUILT_IN, ...named],
        plugins_dir: join(dir, 'plugins'),
      },
    })
  })
  after(() => scope.close())

  const ask = (streamed: boolean): Promise<RawReply> =>
    post(`${gateway.url}/v1/chat/completions`, { model: 'm', messages: [], stream: streamed })

  test('have it in the order of the list, and its answer in the reverse', async () => {
    upstream.play(single(completion('so')))
    const reply = await ask(false)
    const sent = JSON.parse(String(upstream.seen.at(-1)?.body)) as JsonObject
    assert.deepEqual(
      [sent['signed'], sent['tried']],
      [
        ['one', 'two'],
        ['one', 'two'],
      ],
    )
    assert.equal(reply.headers['x-signed'], 'two one')
    const body = JSON.parse(reply.body.toString()) as JsonObject
    assert.deepEqual(body['signed'], ['two', 'one'])
    const trace = (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
    assert.deepEqual(trace.extra?.['signed'], ['two', 'one'])
    assert.deepEqual(
      trace.changes.filter(({ plugin }) => plugin !== 'sluice').map(({ plugin }) => plugin),
      ['one', 'two', 'one', 'two'],
    )
  })

  test('have each event of a stream one after the other', async () => {
    upstream.play(stream([tokenEvent('a'), tokenEvent('', { finish: 'stop' }), DONE]))
    const events = (await ask(true)).body.toString().split('\n\n').slice(0, 2)
    for (const event of events) {
      const data = JSON.parse(event.slice('data: '.length)) as JsonObject
      assert.deepEqual(data['signed'], ['two', 'one'])
    }
  })

  test('have the error that is told in the reverse', async () => {
    upstream.play((socket) => socket.resetAndDestroy())
    assert.match((await ask(false)).body.toString(), / two one"/)
  })
})
