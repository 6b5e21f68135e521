import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { JsonObject, Trace } from 'sluice/plugin'
import { loadFixtures, type Fixture } from '../support/fixtures.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

const SMALL_BYTES = 2_000
const RANDOM_CUTS = 200
const LANES = 8

/** Everything of a trace that the recorded reply decides. */
function decided(trace: Trace): object {
  const { choices, usage, finish_reason, response_message, completion_token_ids, logprobs } = trace
  const {
    prompt_token_ids,
    status,
    reason,
    response_model,
    checks,
    warnings,
    token_counts,
    raw_response,
  } = trace
  return {
    choices,
    usage,
    finish_reason,
    response_message,
    completion_token_ids,
    logprobs,
    prompt_token_ids,
    status,
    reason,
    response_model,
    checks,
    warnings,
    token_counts,
    raw_response,
  }
}

/** What any reader of the recording can add up without knowing the gateway. */
function addedUp(fixture: Fixture): {
  text: string
  finishes: string[]
  entries: number
  usage: unknown
} {
  let text = ''
  let entries = 0
  const finishes: string[] = []
  let usage: unknown = null
  for (const chunk of fixture.chunks) {
    usage = chunk['usage'] ?? usage
    for (const choice of (chunk['choices'] ?? []) as JsonObject[]) {
      const said = (choice['delta'] ?? choice['message']) as { content?: string | null } | undefined
      text += said?.content ?? ''
      const logprobs = choice['logprobs'] as { content?: unknown[] | null } | null | undefined
      entries += logprobs?.content?.length ?? 0
      if (choice['finish_reason']) finishes.push(choice['finish_reason'] as string)
    }
  }
  return { text, finishes, entries, usage }
}

const textOf = (content: unknown): string => (typeof content === 'string' ? content : '')
const byText = (a: string, b: string): number => (a < b ? -1 : 1)

/** Cut positions: every one of a small recording, random ones of a large one. */
function cutsOf(size: number): number[] {
  if (size <= SMALL_BYTES) return Array.from({ length: size - 1 }, (_, index) => index + 1)
  return Array.from({ length: RANDOM_CUTS }, () => 1 + Math.floor(Math.random() * (size - 1)))
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const item of left) await work(item)
    }),
  )
}

describe('recorded replies, replayed through the real gateway', () => {
  let gateway: RunningGateway
  let upstream: ScriptedUpstream
  const scope = createScope()

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic', name: 'recording' }],
        store: { synchronous: 'off' },
      },
    })
  })
  after(() => scope.close())

  /** The upstream cuts its reply where the call's own header says, so that calls may run side by side. */
  function playCut(fixture: Fixture, status: number): void {
    upstream.play((socket, request) => {
      const cut = Number(request.headers['x-cut'])
      const pieces = [fixture.bytes.subarray(0, cut), fixture.bytes.subarray(cut)]
      return (fixture.kind === 'stream' ? stream(pieces) : single(fixture.bytes, { status }))(
        socket,
        request,
      )
    })
  }

  async function call(request: JsonObject, cut: number): Promise<RawReply & { trace: Trace }> {
    const reply = await post(`${gateway.url}/sessions/replay/v1/chat/completions`, request, {
      'x-cut': String(cut),
    })
    const trace = (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
    return { ...reply, trace }
  }

  for (const file of readdirSync(new URL('../fixtures', import.meta.url)).toSorted()) {
    if (file.endsWith('.md')) continue
    for (const [index, fixture] of loadFixtures(file).entries()) {
      test(`${file} #${index}: the caller's bytes and the trace are the recording's, however it is cut`, async () => {
        const isError = fixture.chunks.some((chunk) => chunk['error'])
        const n = new Set(
          fixture.chunks.flatMap((chunk) =>
            ((chunk['choices'] ?? []) as JsonObject[]).map((choice) => choice['index']),
          ),
        ).size
        // The caller asks for all that the recording holds, so nothing is to be hidden from it.
        const request = {
          model: 'm',
          messages: [{ role: 'user', content: 'q' }],
          stream: fixture.kind === 'stream',
          ...(fixture.kind === 'stream' ? { stream_options: { include_usage: true } } : {}),
          ...(n > 1 ? { n } : {}),
        }
        playCut(fixture, isError ? 400 : 200)
        const replayed = async (cut: number): Promise<object> => {
          const { body, complete, trace } = await call(request, cut)
          assert.equal(complete, true)
          assert.ok(body.equals(fixture.bytes), 'the caller has the recorded bytes')
          return decided(trace)
        }
        const uncut = (await replayed(0)) as Trace
        const expected = addedUp(fixture)
        if (isError) {
          assert.equal(uncut.status, 'error')
          return
        }
        assert.equal(uncut.status, 'complete')
        assert.equal(
          uncut.choices.map((choice) => textOf(choice.message['content'])).join('').length,
          expected.text.length,
        )
        assert.deepEqual(
          uncut.choices.map((choice) => String(choice.finish_reason)).toSorted(byText),
          expected.finishes.toSorted(byText),
        )
        assert.equal(
          uncut.choices.reduce((sum, choice) => sum + (choice.logprobs?.length ?? 0), 0),
          expected.entries,
        )
        assert.deepEqual(uncut.usage, expected.usage)
        if (fixture.kind === 'single') return
        await inLanes(cutsOf(fixture.bytes.length), async (cut) => {
          assert.deepEqual(await replayed(cut), uncut, `cut at byte ${cut}`)
        })
      })
    }
  }
})
