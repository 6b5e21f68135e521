import assert from 'node:assert/strict'
import type { Trace } from 'sluice/plugin'
import type { WorkerInfo } from '../../src/upstream/index.ts'
import { chat, completion } from '../support/events.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import {
  single,
  startUpstream,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** A server that answers calls as scripted, and probes on its own as a live one does. */
export interface ScriptedWorker {
  readonly server: ScriptedUpstream
  readonly url: string
  /** How many calls it has seen; probes do not count. */
  readonly calls: number
  /** What it does with the coming calls, in order; the last one stays. */
  play(...scripts: readonly Script[]): void
  /** What it says about its health, asked for each probe. */
  health: () => number
}

export async function startWorker(
  t: { after(undo: () => unknown): void },
  name: string,
): Promise<ScriptedWorker> {
  const server = await startUpstream(t)
  let scripts: Script[] = [single(completion(name))]
  const worker: ScriptedWorker = {
    server,
    url: server.url,
    health: () => 200,
    get calls() {
      return server.seen.filter(({ method }) => method === 'POST').length
    },
    play: (...given: readonly Script[]) => void (scripts = [...given]),
  }
  server.play((socket, request) => {
    if (request.method === 'GET') return single('{}', { status: worker.health() })(socket, request)
    const script = scripts.length > 1 ? scripts.shift() : scripts[0]
    return script?.(socket, request)
  })
  return worker
}

/** Calls in a session, or in none. */
export function call(
  gateway: RunningGateway,
  session: string | null,
  extra: { streamed?: boolean; headers?: Record<string, string>; model?: string } = {},
): Promise<RawReply> {
  const { streamed = false, headers = {}, model = 'm' } = extra
  const prefix = session === null ? '' : `/sessions/${session}`
  return post(`${gateway.url}${prefix}/v1/chat/completions`, chat(streamed, { model }), headers)
}

/** The name of the worker that answered. */
export function answeredBy(reply: RawReply): string {
  assert.equal(reply.status, 200, reply.body.toString())
  const body = JSON.parse(reply.body.toString()) as {
    choices: readonly { message: { content: string } }[]
  }
  return body.choices[0]?.message.content ?? ''
}

/** The gateway's own code of an error, in the body of either shape. */
export function errorOf(reply: RawReply): string {
  const { error } = JSON.parse(reply.body.toString()) as { error: ErrorFields }
  return error.provider_specific_fields?.code ?? error.code
}

interface ErrorFields {
  readonly code: string
  readonly provider_specific_fields?: { readonly code: string }
}

export async function traceOf(gateway: RunningGateway, reply: RawReply): Promise<Trace> {
  return (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
}

/** What became of each attempt: its error and its status. */
export function attemptsOf({ attempts }: Trace): unknown[] {
  return attempts.map(({ error, status }) => error ?? status)
}

export async function register(gateway: RunningGateway, worker: object): Promise<string> {
  const reply = await post(`${gateway.url}/admin/workers`, worker)
  assert.equal(reply.status, 200, reply.body.toString())
  return (JSON.parse(reply.body.toString()) as WorkerInfo).worker_id
}

export async function remove(gateway: RunningGateway, id: string): Promise<number> {
  return (await fetch(`${gateway.url}/admin/workers/${id}`, { method: 'DELETE' })).status
}

export async function workersOf(gateway: RunningGateway): Promise<readonly WorkerInfo[]> {
  return (await gateway.json('/admin/workers')) as readonly WorkerInfo[]
}

/** Resolves when the workers are as wanted. */
export async function until(
  gateway: RunningGateway,
  isSo: (workers: readonly WorkerInfo[]) => boolean,
): Promise<void> {
  while (!isSo(await workersOf(gateway)));
}
