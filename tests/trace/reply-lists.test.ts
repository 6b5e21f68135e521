import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FullTrace } from 'sluice/plugin'
import { extraction, traceOf as recordOf } from '../support/observe.ts'
import { bodies, mutated, mutations } from '../wire/logprob-bodies.ts'
import { bodyFrames, firstChunk } from '../wire/support.ts'
import { openMemory, openSqlite, openSqliteAt, temporaryPath } from './harness.ts'
import { SCHEMA_VERSION } from '../../src/trace/sqlite/schema.ts'
import { makeOld, versionOf } from './old-file.ts'
import { asRead, traceOf, wireOf } from './samples.ts'

/** The trace of a reply, as the gateway makes it: its choices are read from the very bytes it keeps. */
async function traceOfReply(body: string): Promise<FullTrace> {
  const frames = bodyFrames(body)
  const { choices, logprobs } = await recordOf([firstChunk(frames)], {}, [extraction()])
  const wire = wireOf({ response: frames[0]?.bytes ?? Buffer.from(body) })
  return traceOf({ choices, logprobs, wire })
}

const entry = (token: string, at: number) => ({
  token,
  logprob: -at / 7,
  bytes: [...Buffer.from(token)],
  top_logprobs: [],
})
const content = Array.from({ length: 200 }, (_, at) => entry(at % 3 === 0 ? ' the' : `é${at}`, at))
const usual = JSON.stringify({ choices: [{ index: 0, logprobs: { content } }] })

for (const [name, open] of [
  ['memory', openMemory],
  ['sqlite', openSqlite],
] as const) {
  test(`${name}: a reply with logprobs is read back as it came, and its choices as they were`, async (t) => {
    const store = await open(t)
    await fc.assert(
      fc.asyncProperty(bodies, mutations, fc.boolean(), async (body, mutation, isOdd) => {
        const saved = await traceOfReply(isOdd ? mutated(body, mutation) : body)
        await store.save(saved)
        const read = await store.getTrace(saved.trace_id)
        const wire = await store.getWire(saved.trace_id)
        assert.ok(read && wire)
        assert.equal(Buffer.compare(wire.response, saved.wire.response), 0)
        const checks = { ...read.checks, extends_last_turn: null }
        assert.deepEqual({ ...asRead({ ...read, wire }), checks }, asRead(saved))
      }),
      { numRuns: 250 },
    )
  })
}

test('what a plugin changed of a choice is kept beside the reply', async (t) => {
  const store = await openSqlite(t)
  const saved = await traceOfReply(usual)
  const [choice] = saved.choices
  assert.ok(choice)
  const logprobs = choice.logprobs?.with(0, -5) ?? null
  const changes = [
    { ...choice, logprobs },
    Object.defineProperty(
      Object.create(null, Object.getOwnPropertyDescriptors(choice)),
      'logprobs',
      {
        value: logprobs,
        enumerable: true,
      },
    ) as typeof choice,
  ]
  for (const [at, changed] of changes.entries()) {
    const trace = { ...saved, trace_id: `changed-${at}`, choices: [changed], logprobs }
    await store.save(trace)
    const read = await store.getTrace(trace.trace_id)
    assert.equal(read?.choices[0]?.logprobs?.[0], -5)
    assert.deepEqual(read.choices[0].tokens, choice.tokens)
  }
})

test('a reply with logprobs costs two thirds of what it costs beside its columns', async (t) => {
  const sizes: number[] = []
  for (const isCopy of [false, true]) {
    const path = temporaryPath(t)
    const store = await openSqliteAt(t, path)
    for (let call = 0; call < 40; call++) {
      const text = usual.replaceAll('-', `-${call}`)
      const trace = await traceOfReply(text)
      const choices = trace.choices.map((choice) => (isCopy ? { ...choice } : choice))
      await store.save({ ...trace, choices })
    }
    await store.close()
    sizes.push(payloadsIn(path))
  }
  const [lists = 0, copies = 0] = sizes
  assert.ok(lists * 1.5 < copies, sizes.join(', '))
})

test('a file of the first schema is read as it is, and marked when it is opened to write', async (t) => {
  const path = temporaryPath(t)
  const first = await openSqliteAt(t, path)
  const { choices, ...rest } = await traceOfReply(usual)
  // Copies of choices are stored as all were in the first schema.
  const saved = { ...rest, choices: choices.map((choice) => ({ ...choice })) }
  await first.save(saved)
  await first.close()
  makeOld(path, 1)

  const second = await openSqliteAt(t, path)
  const read = await second.getTrace(saved.trace_id)
  assert.deepEqual(read?.choices, saved.choices)
  await second.close()
  assert.equal(versionOf(path), SCHEMA_VERSION)
})

/** Bytes of what is stored of calls beside their rows. */
function payloadsIn(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const row = db.prepare('SELECT sum(length(body)) AS bytes FROM payloads').get()
  db.close()
  return Number(row?.['bytes'])
}
