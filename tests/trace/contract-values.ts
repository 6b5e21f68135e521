import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FullTrace } from 'sluice/plugin'
import type { OpenStore } from './harness.ts'
import { asRead, chatBody, choiceOf, traceOf, utf8, wireOf } from './samples.ts'

/** What every store promises about the values it gives back. */
export function valuesContract(name: string, open: OpenStore): void {
  const roundTrip = async (t: Parameters<OpenStore>[0], trace: FullTrace): Promise<FullTrace> => {
    const store = await open(t)
    await store.save(trace)
    const read = await store.getTrace(trace.trace_id)
    const wire = await store.getWire(trace.trace_id)
    assert.ok(read && wire)
    assert.deepEqual(asRead({ ...read, wire }), asRead(trace))
    assert.deepEqual(plain(wire), plain(trace.wire))
    return { ...read, wire }
  }

  test(`${name}: bodies of any bytes come back as they were`, async (t) => {
    const store = await open(t)
    const bodies = [
      '',
      '{',
      '{"messages":[',
      '{"messages":[{"role":"user","content":"\\ud800 \\u0000 é"}] , "n" : 1 }',
      '{"messages":[{}],"messages":[{"a":1}],"input":["x"],"x":{"y":"]"}}',
      '[1,2,3]',
      'null',
      '  {"prompt" : [1, 2, 3]}  ',
      `{"prompt":"${'long '.repeat(2000)}"}`,
      `{"prompt":[${Array.from({ length: 3000 }, (_, at) => at * 7).join(',')}]}`,
      `{"tools":[${'{"a":"\\\\"},'.repeat(50)}{}],"model":"m"}`,
    ].map(utf8)
    bodies.push(Uint8Array.of(0xff, 0xfe, 0, 0x22, 0x5c), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1))
    for (const received of bodies) {
      for (const response of bodies) {
        const trace = traceOf({
          wire: wireOf({ received, response, sent: response, stream: true }),
        })
        await store.save(trace)
        assert.deepEqual(plain(await store.getWire(trace.trace_id)), plain(trace.wire))
      }
    }
  })

  test(`${name}: raw request and response are read from the bytes`, async (t) => {
    const trace = traceOf({
      messages: [{ role: 'user', content: 'hello' }],
      wire: wireOf({
        stream: true,
        response: utf8(
          'data: {"a":1}\n\ndata:{"b":\ndata: 2}\r\n\r\nevent: x\ndata: no json\n\ndata: [DONE]\n\n',
        ),
      }),
    })
    const read = await roundTrip(t, trace)
    assert.deepEqual(read.raw_request, { model: 'model', messages: trace.messages })
    assert.deepEqual(read.raw_response, { object: 'stream', events: [{ a: 1 }, { b: 2 }] })
  })

  test(`${name}: a body that is no JSON object has no raw form`, async (t) => {
    const wire = wireOf({ received: utf8('[]'), response: utf8('<html>') })
    const read = await roundTrip(t, traceOf({ wire }))
    assert.deepEqual([read.raw_request, read.raw_response], [null, null])
  })

  test(`${name}: messages that are not the request's own are kept as they are`, async (t) => {
    await roundTrip(
      t,
      traceOf({
        messages: [{ role: 'user', content: 'rewritten \ud800' }, 7, null],
        tools: [{ a: 1 }],
      }),
    )
  })

  test(`${name}: a changed body and edits of the reply come back exactly`, async (t) => {
    const received = chatBody('hello', 'there')
    for (const sent of [
      utf8('{}'),
      chatBody('hello'),
      chatBody('hello', 'x'.repeat(5000)),
      new Uint8Array(),
    ]) {
      const edits = [
        { at: 0, removed: 2, inserted: null },
        { at: 5, removed: 0, inserted: utf8('more') },
        { at: 70_000, removed: 3, inserted: new Uint8Array() },
      ]
      await roundTrip(t, traceOf({ wire: wireOf({ received, sent, edits }) }))
    }
  })

  test(`${name}: logprobs keep null, minus zero, the clamp and every digit`, async (t) => {
    const narrow = [-0, 0, null, -9999, -7.152557373046875e-7, Math.fround(-0.1)]
    const wide = [-0.1, null, -0, -1e-300, 5e-324]
    for (const logprobs of [narrow, wide, [], [null, null], null]) {
      const choices = [choiceOf({ logprobs })]
      const read = await roundTrip(t, traceOf({ logprobs, choices }))
      assert.deepEqual(
        read.logprobs?.map((value) => Object.is(value, -0)),
        logprobs?.map((value) => Object.is(value, -0)),
      )
    }
  })

  test(`${name}: tokens, their bytes and their alternatives come back in order`, async (t) => {
    const odd = [0xf0, 0x9f]
    const choices = [
      choiceOf({
        token_ids: [1, -1, 2 ** 31 - 1],
        logprobs: [-0.5, null, -1],
        tokens: ['a', '\ufffd', null],
        bytes: [[97], odd, null],
        top_logprobs: [
          [
            { token: 'a', logprob: -0.5, bytes: [97], id: 1 },
            { token: 'é', logprob: null, bytes: null, id: 2 },
          ],
          [],
          null,
        ],
        routing_matrices: ['AAAA'],
      }),
      choiceOf({
        index: 1,
        tokens: ['é', 'b'],
        bytes: [[0xc3, 0xa9], [98]],
        prompt_token_ids: [9, 8],
      }),
      choiceOf({
        index: 2,
        token_ids: [2 ** 40, 1.5],
        top_logprobs: [
          [
            { token: 'x', logprob: -0.3, bytes: [120] },
            { token: 'y', logprob: -2, bytes: [], id: 0 },
          ],
        ],
        extra: { refusal: { content: null } },
      }),
    ]
    await roundTrip(
      t,
      traceOf({ choices, prompt_token_ids: [5, 6], completion_token_ids: [1, -1, 2 ** 31 - 1] }),
    )
    await roundTrip(t, traceOf({ choices, prompt_token_ids: [2 ** 53], completion_token_ids: [1] }))
  })

  test(`${name}: a reply that repeats the prompt's ids is rebuilt, also where they differ`, async (t) => {
    const prompt = [10, 200, 0, 3000]
    const forms = [
      '[10,200,0,3000]',
      '[10, 200, 0, 3000]',
      '[10,200,0]',
      '[10,200,0,3000,1]',
      '[010,200,0,3000]',
      'null',
      '[',
    ]
    for (const form of forms) {
      const text = `{"prompt_token_ids":${form},"choices":[{"prompt_token_ids":[10,200,0,3000]}`
      await roundTrip(
        t,
        traceOf({ prompt_token_ids: prompt, wire: wireOf({ response: utf8(text) }) }),
      )
    }
  })

  test(`${name}: whether a turn continues the one before is told on reading`, async (t) => {
    const store = await open(t)
    const system = Array.from({ length: 20 }, (_, at) => at)
    const turns: [number[], number[], boolean | null][] = [
      [system, [50, 51], null],
      [[...system, 50, 51, 60], [61], true],
      [[...system, 50, 51, 60], [62], false],
      [[], [], null],
      [[...system, 50, 51, 60, 62], [], true],
      [system.slice(1), [1], false],
    ]
    for (const [prompt_token_ids, completion_token_ids] of turns) {
      await store.save(traceOf({ prompt_token_ids, completion_token_ids }))
    }
    const { items } = await store.listTraces({ session_id: 'session' })
    assert.deepEqual(
      items.map(({ checks }) => checks.extends_last_turn),
      turns.map(([, , extended]) => extended),
    )
    assert.deepEqual(
      items.map(({ prompt_token_ids }) => prompt_token_ids),
      turns.map(([prompt]) => prompt),
    )
  })

  test(`${name}: a summary says what the trace says`, async (t) => {
    const store = await open(t)
    const upstream = { name: 'gpu-1', kind: 'vllm', url: 'http://gpu-1', simulated: true } as const
    const trace = traceOf({
      upstream,
      status: 'partial',
      reason: 'upstream_reset',
      finish_reason: 'length',
      token_counts: { prompt: 5 },
      latency_ms: 12.5,
      ttft_ms: 3,
      streaming: true,
    })
    await store.save(trace)
    assert.deepEqual((await store.listSummaries({})).items, [
      {
        trace_id: trace.trace_id,
        session_id: 'session',
        seq: 1,
        model: 'model',
        dialect: 'chat',
        streaming: true,
        status: 'partial',
        reason: 'upstream_reset',
        finish_reason: 'length',
        prompt_tokens: 5,
        completion_tokens: null,
        latency_ms: 12.5,
        ttft_ms: 3,
        timestamp: 1000,
        upstream: 'gpu-1',
        simulated: true,
      },
    ])
  })
}

/** Byte arrays of one kind, so that a Buffer equals the bytes in it. */
function plain(wire: FullTrace['wire'] | null): unknown {
  if (!wire) return null
  const bytes = (value: Uint8Array | null): Uint8Array | null => value && Uint8Array.from(value)
  return {
    ...wire,
    received: bytes(wire.received),
    sent: bytes(wire.sent),
    response: bytes(wire.response),
    edits: wire.edits.map((edit) => ({ ...edit, inserted: bytes(edit.inserted) })),
  }
}
