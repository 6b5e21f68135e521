import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Choice, FullTrace, Json, TopLogprob } from 'sluice/plugin'
import { openMemory, openSqlite } from './harness.ts'
import { asRead, traceOf, utf8 } from './samples.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })
/** JSON has no minus zero that survives `JSON.stringify`, and plugins' additions go through it. */
const json = fc
  .jsonValue({ maxDepth: 3, stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json)
const object = fc.dictionary(text, json, { maxKeys: 4 })
const ids = fc.array(fc.integer({ min: -5, max: 200_000 }), { maxLength: 40 })
const logprob = fc.oneof(
  fc.constantFrom(null, 0, -0, -9999),
  fc.float({ noNaN: true }),
  fc.double({ noNaN: true }),
)
const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 })

const top: fc.Arbitrary<TopLogprob> = fc.oneof(
  fc.record({ token: text, logprob, bytes: fc.option(bytes) }),
  fc.record({ token: text, logprob, bytes: fc.option(bytes), id: fc.nat() }),
)

const choice: fc.Arbitrary<Choice> = fc.record({
  index: fc.nat({ max: 3 }),
  message: object,
  finish_reason: fc.option(text),
  stop_reason: fc.option(fc.oneof(text, fc.nat())),
  prompt_token_ids: fc.option(ids),
  token_ids: fc.option(ids),
  logprobs: fc.option(fc.array(logprob, { maxLength: 20 })),
  tokens: fc.option(fc.array(fc.option(text), { maxLength: 8 })),
  bytes: fc.option(fc.array(fc.option(bytes), { maxLength: 8 })),
  top_logprobs: fc.option(fc.array(fc.option(fc.array(top, { maxLength: 3 })), { maxLength: 4 })),
  routing_matrices: fc.option(fc.array(text, { maxLength: 3 })),
  flags: fc.array(text, { maxLength: 2 }),
  extra: object,
})

const chat = fc
  .record({ messages: fc.array(object, { maxLength: 5 }), model: text, tools: fc.array(object) })
  .map((body) => utf8(JSON.stringify(body)))
const reply = fc
  .tuple(ids, fc.boolean())
  .map(([prompt, spaced]) =>
    utf8(`{"prompt_token_ids":${JSON.stringify(prompt, null, spaced ? 1 : 0)}}`),
  )
const body = fc.oneof(chat, reply, fc.uint8Array({ maxLength: 200 }))

const trace: fc.Arbitrary<FullTrace> = fc
  .record({
    status: fc.constantFrom('complete', 'partial', 'error', 'interrupted'),
    reason: fc.option(text),
    model: text,
    messages: fc.array(json, { maxLength: 3 }),
    tools: fc.option(fc.array(json, { maxLength: 2 })),
    prompt_token_ids: ids,
    completion_token_ids: ids,
    logprobs: fc.option(fc.array(logprob, { maxLength: 10 })),
    response_message: object,
    choices: fc.array(choice, { maxLength: 3 }),
    metadata: object,
    usage: fc.option(object),
    extra: object,
    warnings: fc.array(text, { maxLength: 2 }),
    finish_reason: fc.option(text),
    weight_version: fc.option(fc.oneof(fc.integer(), text)),
    timestamp: fc.double({ noNaN: true, noDefaultInfinity: true, min: 1 }),
    streaming: fc.boolean(),
    session_ids: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
    wire: fc.record({
      received: body,
      sent: fc.option(body),
      response: body,
      edits: fc.array(
        fc.record({ at: fc.nat(), removed: fc.nat(), inserted: fc.option(fc.uint8Array()) }),
        { maxLength: 3 },
      ),
      stream: fc.boolean(),
    }),
  })
  // Cloning gives the generator's objects the prototype that parsed JSON has.
  .map((fields) => traceOf(structuredClone(fields)))

for (const [name, open] of [
  ['memory', openMemory],
  ['sqlite', openSqlite],
] as const) {
  test(`${name}: any trace is read back as it was saved, and so are its bytes`, async (t) => {
    const store = await open(t)
    const kept: FullTrace[] = []
    await fc.assert(
      fc.asyncProperty(trace, async (saved) => {
        await store.save(saved)
        kept.push(saved)
        await assertKept(saved)
      }),
      { numRuns: 150 },
    )
    // Later traces share parts and ids with earlier ones; none of that may show.
    for (const saved of kept) await assertKept(saved)

    async function assertKept(saved: FullTrace): Promise<void> {
      const read = await store.getTrace(saved.trace_id)
      const wire = await store.getWire(saved.trace_id)
      assert.ok(read && wire)
      const found = asRead({ ...read, wire })
      const checks = { ...read.checks, extends_last_turn: null }
      assert.deepEqual({ ...found, checks }, asRead(saved))
      assert.deepEqual(plainWire(wire), plainWire(saved.wire))
    }
  })
}

function plainWire(wire: FullTrace['wire']): unknown {
  return JSON.parse(
    JSON.stringify(wire, (_, value: unknown) =>
      value instanceof Uint8Array || isBufferJson(value) ? hex(value) : value,
    ),
  )
}

function isBufferJson(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
}

function hex(value: Uint8Array | { data: number[] }): string {
  return Buffer.from(value instanceof Uint8Array ? value : value.data).toString('hex')
}
