import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  writeChunk,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const ASKING = { 'x-sluice-weight-version': '1' }

describe('weight versions', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream
  let sessions = 0

  before(async () => {
    upstream = await startUpstream(scope)
    const upstreams = [{ url: upstream.url, kind: 'generic' }]
    gateway = await startGateway(scope, { config: { upstreams } })
  })
  after(() => scope.close())

  async function setVersion(version: number | string, at = gateway): Promise<void> {
    const reply = await at.json('/admin/weight_version', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ weight_version: version }),
    })
    assert.deepEqual(reply, { weight_version: version })
  }

  /** A session of its own: how to call in it, and the stamps of its only trace. */
  function session(): {
    readonly call: (body: object, headers?: Record<string, string>) => Promise<RawReply>
    readonly stamps: () => Promise<readonly unknown[]>
  } {
    const name = `weights-${(sessions += 1)}`
    return {
      call: (body, headers) =>
        post(`${gateway.url}/sessions/${name}/v1/chat/completions`, body, headers),
      stamps: async () => {
        const [trace] = (await gateway.json(`/sessions/${name}/traces`)) as Trace[]
        assert.ok(trace)
        const { weight_version: first, weight_version_end: last, warnings } = trace
        return [first, last, warnings.includes('weight_version_changed')]
      },
    }
  }

  test('are null, and not told, as long as nobody has set one', async () => {
    const { call, stamps } = session()
    upstream.play(single(completion('hi')))
    const { headers } = await call(chat(false), ASKING)
    assert.equal(headers['x-weight-version'], undefined)
    assert.deepEqual(await stamps(), [null, null, false])
  })

  test('are stamped on every trace, as a number or as the text they were given as', async () => {
    for (const version of [3, 0, '12', 'step-4']) {
      const { call, stamps } = session()
      await setVersion(version)
      upstream.play(single(completion('hi')))
      await call(chat(false))
      assert.deepEqual(await stamps(), [version, version, false])
    }
  })

  test('are told to a caller that asks, and to no other', async () => {
    for (const [version, header] of [
      [3, '3'],
      ['step 4', 'step 4'],
      ['schritt-ä', 'schritt-%C3%A4'],
    ] as const) {
      await setVersion(version)
      upstream.play(single(completion('hi')), stream([tokenEvent('a', { finish: 'stop' }), DONE]))
      const { call } = session()
      assert.equal((await call(chat(false), ASKING)).headers['x-weight-version'], header)
      assert.equal((await call(chat(true), ASKING)).headers['x-weight-version'], header)
      assert.equal((await call(chat(false))).headers['x-weight-version'], undefined)
    }
    assert.equal(upstream.seen.at(-1)?.headers['x-sluice-weight-version'], undefined)
  })

  test('that change in the middle of a stream are both on the trace, with a warning', async () => {
    await setVersion(1)
    const begun = Promise.withResolvers<void>()
    const updated = Promise.withResolvers<void>()
    upstream.play(async (socket) => {
      await stream([tokenEvent('a')], { end: 'stall' })(socket, {} as never)
      begun.resolve()
      await updated.promise
      await writeChunk(socket, Buffer.from(tokenEvent('b', { finish: 'stop' }) + DONE))
      socket.write('0\r\n\r\n')
    })
    const { call, stamps } = session()
    const answering = call(chat(true), ASKING)
    await begun.promise
    await setVersion(2)
    updated.resolve()
    assert.equal((await answering).headers['x-weight-version'], '1')
    assert.deepEqual(await stamps(), [1, 2, true])
  })

  test('are those of the attempt that was answered', async () => {
    await setVersion(1)
    upstream.play(
      async (socket, request) => {
        await setVersion(2)
        const message = '`logprobs` is not supported'
        single(JSON.stringify({ error: { message, param: 'logprobs' } }), { status: 400 })(
          socket,
          request,
        )
      },
      single(completion('hi')),
    )
    const { call, stamps } = session()
    const { headers } = await call(chat(false), {
      ...ASKING,
      'x-sluice-metadata': '{"logprobs":"on"}',
    })
    assert.equal(headers['x-weight-version'], '2')
    assert.deepEqual(await stamps(), [2, 2, false])
  })

  test("that the engine puts on a single reply itself win over the trainer's", async () => {
    await setVersion(1)
    const body = JSON.parse(completion('hi')) as object
    for (const [stamped, stamp] of [
      [{ ...body, weight_version: 7 }, 7],
      [{ ...body, weight_version: '7' }, '7'],
      [{ ...body, metadata: { weight_version: 'default' } }, 'default'],
    ] as const) {
      const { call, stamps } = session()
      upstream.play(single(JSON.stringify(stamped)))
      await call(chat(false))
      assert.deepEqual(await stamps(), [stamp, stamp, false])
    }
  })

  test('that the engine puts on its chunks are those of the first and of the last', async () => {
    await setVersion(1)
    const stamped = (event: string, version: number): string =>
      event.replace('"id":', `"weight_version":${version},"id":`)
    for (const [events, want] of [
      [
        [stamped(tokenEvent('a'), 7), stamped(tokenEvent('b', { finish: 'stop' }), 8)],
        [7, 8, true],
      ],
      [
        [tokenEvent('a'), stamped(tokenEvent('b', { finish: 'stop' }), 8)],
        [8, 8, false],
      ],
    ] as const) {
      const { call, stamps } = session()
      upstream.play(stream([...events, DONE]))
      await call(chat(true))
      assert.deepEqual(await stamps(), want)
    }
  })

  test('are on the traces of failed calls that were sent', async () => {
    await setVersion(5)
    const { call, stamps } = session()
    upstream.play((socket) => socket.destroy())
    assert.equal((await call(chat(false))).status, 502)
    assert.deepEqual(await stamps(), [5, 5, false])
  })

  test('are told again with an answer that is given again', async () => {
    const { call } = session()
    await setVersion(1)
    upstream.play(single(completion('once')))
    const headers = { ...ASKING, 'idempotency-key': 'k' }
    await call(chat(false), headers)
    await setVersion(2)
    const again = await call(chat(false), headers)
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(again.headers['x-weight-version'], '1')
  })
})

test('the weight version is there after a restart, and after a kill', async (t) => {
  const first = await startGateway(t)
  const read = (gateway: RunningGateway) => gateway.json('/admin/weight_version')
  const set = (gateway: RunningGateway, version: number) =>
    gateway.json('/admin/weight_version', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ weight_version: version }),
    })
  await set(first, 41)
  await first.stop()
  const second = await startGateway(t, { dir: first.dir })
  assert.deepEqual(await read(second), { weight_version: 41 })
  await set(second, 42)
  await second.kill()
  const third = await startGateway(t, { dir: first.dir })
  assert.deepEqual(await read(third), { weight_version: 42 })
})
