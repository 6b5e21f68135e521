/*
 * Edge cases of the engines' wire formats go by numbers. This is where their tests are.
 *
 * Through the whole gateway, bytes in to bytes out and trace (tests/gateway):
 *   edge-rows-ids       1-3 6 7 9-21 62 64 71
 *   edge-rows-replies   23-29 47 52 59 60 70 71 74
 *   edge-rows-framing   33-45
 *   edge-rows-errors    33 65-69 73
 * Where only what plugins make of chunks is in question (tests/plugins):
 *   token-rows, token-rows-more    1-22 24 28 30 31 33 40 51 54-58 60 62-64 70 72
 *   fold-rows                      4 10 23-26 28 29 32-34 46-50 52 53 65 67 69 70 74
 *   parameter-injection-hiding     59 60
 * Not the gateway's yet: 61, SGLang's native cumulative stream, which is none of its dialects.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Choice, Json, JsonObject, Trace, UpstreamKind } from 'sluice/plugin'
import { DONE } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { chat } from '../support/replies.ts'
import { createScope, type Scope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
  type SeenRequest,
} from '../support/scripted-upstream.ts'

const KINDS: readonly UpstreamKind[] = [
  'vllm',
  'vllm-old',
  'sglang',
  'llamacpp',
  'openai',
  'generic',
]

/** Parts of a trace, each to be found exactly so; choices are compared one by one. */
export type Expected = Partial<Omit<Trace, 'choices'>> & {
  readonly choices?: readonly Partial<Choice>[]
}

/** What an upstream of some kind sends, what of it the caller gets, and what is then on record. */
export interface EdgeRow {
  readonly name: string
  /** Decides what is asked for on the caller's behalf, and so what is kept from it. */
  readonly kind: UpstreamKind
  readonly path?: string
  /** The caller's parameters beside model, messages and stream. */
  readonly ask?: JsonObject
  /** Pieces of an event stream, each written on its own; or else `body`, a single reply. */
  readonly events?: readonly (string | Buffer)[]
  readonly body?: string
  readonly status?: number
  readonly end?: 'clean' | 'rst'
  /** What the caller gets; the very bytes of the reply when absent. */
  readonly caller?: string
  /** True when the reply must look cut: an error event comes after `caller`, and no clean end. */
  readonly cut?: boolean
  readonly trace: Expected
}

/** One call that went through, seen from all four sides. */
export interface Played {
  readonly reply: RawReply
  readonly trace: Trace
  readonly sent: SeenRequest
  /** Recorded bytes: `request`, `sent`, `response` or `delivered`. */
  readonly raw: (part: string) => Promise<Buffer>
}

export interface EdgeGateway {
  readonly gateway: RunningGateway
  readonly upstream: ScriptedUpstream
  play(
    kind: UpstreamKind,
    script: Script,
    ask: JsonObject,
    options?: { readonly path?: string; readonly headers?: Record<string, string> },
  ): Promise<Played>
}

/**
 * A gateway in front of one scripted server that it takes for every kind. The model tells which;
 * one that names no kind goes to `any`, a vLLM too.
 */
export async function startEdge(scope: Scope): Promise<EdgeGateway> {
  const upstream = await startUpstream(scope)
  const { url } = upstream
  const upstreams = KINDS.map((kind) => ({ url, kind, name: kind, models: [kind] }))
  const gateway = await startGateway(scope, {
    config: {
      upstreams: [...upstreams, { url, kind: 'vllm', name: 'any' }],
      store: { synchronous: 'off' },
      timeouts: { grace_ms: 60_000, idle_ms: 5_000 },
    },
  })
  return {
    gateway,
    upstream,
    async play(kind, script, ask, options = {}) {
      upstream.play(script)
      const before = upstream.seen.length
      const url = gateway.url + (options.path ?? '/v1/chat/completions')
      const messages: Json = [{ role: 'user', content: 'q' }]
      const reply = await post(url, { model: kind, messages, ...ask }, options.headers)
      const id = String(reply.headers['x-trace-id'])
      const [sent, ...more] = upstream.seen.slice(before)
      assert.ok(sent && more.length === 0, 'the call is sent once')
      return {
        reply,
        sent,
        trace: (await gateway.json(`/traces/${id}`)) as Trace,
        raw: async (part) =>
          Buffer.from(await (await fetch(`${gateway.url}/traces/${id}/raw/${part}`)).arrayBuffer()),
      }
    },
  }
}

/** Makes a test of each row, over one gateway. */
export function testEdgeRows(title: string, rows: readonly EdgeRow[]): void {
  describe(title, () => {
    const scope = createScope()
    let edge: EdgeGateway
    before(async () => void (edge = await startEdge(scope)))
    after(() => scope.close())
    for (const row of rows) test(row.name, () => checkRow(row, edge))
  })
}

async function checkRow(row: EdgeRow, edge: EdgeGateway): Promise<void> {
  const { events, body = '', status = 200, end = 'clean' } = row
  const script = events ? stream(events, { end }) : single(body, { status })
  const ask = { stream: events !== undefined, ...row.ask }
  const { reply, trace, raw } = await edge.play(
    row.kind,
    script,
    ask,
    row.path === undefined ? {} : { path: row.path },
  )
  const came = events ? Buffer.concat(events.map((piece) => Buffer.from(piece))) : Buffer.from(body)
  const wanted = row.caller === undefined ? came : Buffer.from(row.caller)
  assert.equal(reply.status, status)
  assert.equal(reply.complete, !row.cut)
  const delivered = await raw('delivered')
  assert.equal(delivered.toString(), wanted.toString(), 'the record of what the caller got')
  assert.ok(delivered.equals(wanted), 'the record of what the caller got, byte by byte')
  assert.ok((await raw('response')).equals(came), 'what the upstream sent is recorded as it came')
  if (row.cut) assertCut(reply.body, wanted)
  else assert.ok(reply.body.equals(wanted), `the caller got ${reply.body.toString()}`)
  assertParts(trace, row.trace)
}

/** What came, then an event that says why there is no more, and no terminator. */
function assertCut(body: Buffer, came: Buffer): void {
  assert.ok(body.subarray(0, came.length).equals(came), `the caller got ${body.toString()}`)
  assert.match(body.subarray(came.length).toString(), /^data: \{"error":\{[^\n]+\}\n\n$/)
}

export function assertParts(trace: Trace, { choices, ...parts }: Expected): void {
  const found = Object.fromEntries(
    Object.keys(parts).map((key) => [key, trace[key as keyof Trace]]),
  )
  assert.deepEqual(found, parts)
  if (!choices) return
  assert.equal(trace.choices.length, choices.length)
  for (const [at, choice] of choices.entries()) {
    const keys = Object.keys(choice) as (keyof Choice)[]
    assert.deepEqual(Object.fromEntries(keys.map((key) => [key, trace.choices[at]?.[key]])), choice)
  }
}

export function event(chunk: Json): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** The stream of these chunks, with its terminator, event by event. */
export function sse(...chunks: readonly Json[]): readonly string[] {
  return [...chunks.map(event), DONE]
}

/** The same stream as one sees it who asked for neither ids nor logprobs. */
export function shown(...chunks: readonly JsonObject[]): string {
  return sse(...chunks.map(withoutTokens)).join('')
}

function withoutTokens(chunk: JsonObject): JsonObject {
  const { prompt_token_ids: prompt, ...rest } = chunk
  const choices = ((chunk['choices'] ?? []) as JsonObject[]).map((choice) => {
    const kept = Object.entries(choice).filter(([key, value]) => {
      return value === null || !['logprobs', 'token_ids', 'prompt_token_ids'].includes(key)
    })
    return Object.fromEntries(kept)
  })
  return { ...rest, choices, ...(prompt === null ? { prompt_token_ids: null } : {}) }
}

export function role(root: JsonObject = {}): JsonObject {
  return chat({ delta: { role: 'assistant', content: '' } }, root)
}

export function said(text: string, choice: JsonObject = {}): JsonObject {
  return chat({ delta: { content: text }, ...choice })
}

export function finish(choice: JsonObject = {}): JsonObject {
  return chat({ finish_reason: 'stop', stop_reason: null, ...choice })
}
