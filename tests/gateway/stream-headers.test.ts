import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { stream } from '../support/scripted-upstream.ts'
import { call, errorOf, startWorker } from './workers-setup.ts'

describe('how long an upstream has until it begins to answer', () => {
  test('is less for streams where the configuration says so', async (t) => {
    const worker = await startWorker(t, 'w')
    worker.play(() => {})
    const timeouts = { headers_ms: 600_000, stream_headers_ms: 50 }
    const gateway = await startGateway(t, {
      config: { upstreams: [{ url: worker.url }], timeouts },
    })
    const reply = await call(gateway, 's', { streamed: true })
    assert.equal(reply.status, 504)
    assert.equal(errorOf(reply), 'upstream_timeout')
  })

  test('is more for streams where the configuration says so, and for them alone', async (t) => {
    const worker = await startWorker(t, 'w')
    const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
    worker.play(async (socket, request) => {
      await isReleased
      return stream([roleEvent(), tokenEvent('so', { finish: 'stop' }), DONE])(socket, request)
    })
    const timeouts = { headers_ms: 300, stream_headers_ms: 600_000 }
    const gateway = await startGateway(t, {
      config: { upstreams: [{ url: worker.url }], timeouts },
    })
    const streamed = call(gateway, 's', { streamed: true })
    assert.equal((await call(gateway, 's')).status, 504)
    release()
    assert.equal((await streamed).status, 200)
  })
})
