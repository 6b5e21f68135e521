import type { Trace } from 'sluice/plugin'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

/** A gateway with a cache before a scripted upstream. */
export interface CachingGateway {
  readonly gateway: RunningGateway
  readonly upstream: ScriptedUpstream
  /** Asks for a chat completion; the path may name a session. */
  readonly ask: (body: object, headers?: Record<string, string>, path?: string) => Promise<RawReply>
  /** The record of an answer. */
  readonly traceOf: (reply: RawReply) => Promise<Trace>
}

interface Scope {
  after(undo: () => unknown): void
}

export interface CachingOptions {
  /** Keys of the section `cache`. */
  readonly cache?: object
  /** More keys of gateway.yaml. */
  readonly config?: Record<string, unknown>
  /** Keys of the upstream's entry. */
  readonly entry?: object
  readonly upstream?: ScriptedUpstream
}

export async function startCaching(
  scope: Scope,
  { cache = {}, config = {}, entry = {}, upstream: given }: CachingOptions = {},
): Promise<CachingGateway> {
  const upstream = given ?? (await startUpstream(scope))
  const gateway = await startGateway(scope, {
    config: {
      cache: { kind: 'memory', ...cache },
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'up', ...entry }],
      ...config,
    },
  })
  return {
    gateway,
    upstream,
    ask: (body, headers, path = '/v1/chat/completions') => post(gateway.url + path, body, headers),
    traceOf: async ({ headers }) =>
      (await gateway.json(`/traces/${String(headers['x-trace-id'])}`)) as Trace,
  }
}

/** What the cache said about an answer. */
export function saidOf({ headers }: RawReply): string | undefined {
  const said = headers['x-sluice-cache']
  return typeof said === 'string' ? said : undefined
}
