import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { chat, DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, send } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  head,
  startUpstream,
  writeChunk,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { scrape } from './exposition.ts'

describe('calls that end in their own way are counted once', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: {
        log_level: 'silent',
        timeouts: { grace_ms: 1 },
        upstreams: [
          { url: upstream.url, kind: 'generic', name: 'up', models: ['late', 'left'] },
          { url: 'http://127.0.0.1:1', kind: 'generic', name: 'gone', models: ['dead'] },
        ],
      },
    })
  })
  after(() => scope.close())

  const url = (): string => `${gateway.url}/sessions/s/v1/chat/completions`
  const body = (model: string): Buffer => Buffer.from(JSON.stringify(chat(true, { model })))

  test('an ending that is released before the usage has come is held twice, one call', async () => {
    const script = createPause([tokenEvent('a', { finish: 'stop' })], [usageEvent(3, 1) + DONE])
    upstream.play(script.play)
    const reply = await send(url(), body('late'))
    let text = ''
    reply.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.includes('"finish_reason":"stop"')) script.resume()
    })
    await once(reply, 'end')
    assert.match(text, /"completion_tokens":1.*\[DONE\]/s)
    const { one } = await scrape(gateway.url)
    assert.equal(one('sluice_held_back_seconds_count').value, 2)
    const labels = { requested_model: 'late' }
    assert.equal(one('litellm_proxy_total_requests_metric_total', labels).value, 1)
    assert.equal(one('litellm_total_tokens_metric_total', labels).value, 4, 'of the whole reply')
    assert.equal(one('litellm_deployment_success_responses_total', labels).value, 1)
  })

  test('a caller that leaves is no failure of the upstream', async () => {
    upstream.play(createPause([tokenEvent('a')], []).play)
    const reply = await send(url(), body('left'))
    await once(reply, 'readable')
    reply.destroy()
    for (;;) {
      const { sum, all } = await scrape(gateway.url)
      const labels = { requested_model: 'left' }
      if (sum('litellm_proxy_failed_requests_metric_total', labels) === 0) continue
      const left = { status: 'partial', reason: 'client_closed' }
      assert.equal(sum('sluice_traces_committed_total', left), 1)
      assert.equal(sum('litellm_deployment_total_requests_total', labels), 1)
      assert.deepEqual(all('litellm_deployment_failure_responses_total', labels), [])
      assert.equal(sum('litellm_in_flight_requests'), 0)
      return
    }
  })

  test('a call that reached nobody has a trace, and is not refused as well', async () => {
    assert.equal((await post(url(), body('dead'))).status, 502)
    const { all, one } = await scrape(gateway.url)
    const labels = { requested_model: 'dead', status_code: '502', model_id: 'gone' }
    assert.equal(one('litellm_proxy_total_requests_metric_total', labels).value, 1)
    assert.equal(one('sluice_traces_committed_total', { status: 'error' }).value, 1)
    assert.deepEqual(all('sluice_refused_total'), [])
  })
})

/** A stream that waits between two parts until it is told to go on. */
function createPause(
  first: readonly string[],
  rest: readonly string[],
): { readonly play: Script; readonly resume: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    resume: () => resolve(),
    async play(socket) {
      const headers = { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' }
      socket.write(head(200, headers))
      for (const piece of [roleEvent(), ...first]) await writeChunk(socket, Buffer.from(piece))
      await promise
      for (const piece of rest) await writeChunk(socket, Buffer.from(piece))
      socket.write('0\r\n\r\n')
    },
  }
}
