import type { Trace } from 'sluice/plugin'
import type { ProviderName } from '../../src/upstream/providers/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

/** The real binary before a scripted server of a provider. */
export interface Provided {
  readonly gateway: RunningGateway
  readonly server: ScriptedUpstream
  readonly call: (params: object, path?: string) => Promise<RawReply>
  /** The trace of the call with this number, from 1. */
  readonly trace: (seq: number) => Promise<Trace>
}

/** Starts a gateway all of whose calls go to a server of this provider. */
export async function startProvided(
  t: { after(undo: () => unknown): void },
  name: ProviderName,
): Promise<Provided> {
  const server = await startUpstream(t)
  const upstream = { url: server.url, provider: name, api_key: 'k', api_version: 'v' }
  const kind = name === 'text-completion' ? 'vllm' : 'auto'
  const gateway = await startGateway(t, { config: { upstreams: [{ ...upstream, kind }] } })
  return {
    gateway,
    server,
    call: (params, path = '/v1/chat/completions') =>
      post(`${gateway.url}/sessions/s${path}`, params),
    async trace(seq) {
      const traces = (await gateway.json('/sessions/s/traces')) as Trace[]
      const trace = traces.find((one) => one.seq === seq)
      if (!trace) throw new Error(`there is no trace ${seq}`)
      return trace
    },
  }
}
