import type { Trace } from 'sluice/plugin'
import type { ProviderName } from '../../src/upstream/providers/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'

const SOURCES = new URL('../../src/upstream/', import.meta.url).href

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
  const dir = folderWith(t, { 'provided.ts': pluginFor(name, server.url) })
  const gateway = await startGateway(t, {
    dir,
    config: {
      upstreams: [{ url: 'http://127.0.0.1:1', kind: 'generic', name: 'never asked' }],
      plugins: [...BUILT_IN, 'provided'],
    },
  })
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

function pluginFor(name: ProviderName, url: string): string {
  return `
    import { createHttpUpstream } from '${SOURCES}index.ts'
    import { providerFor, withProvider } from '${SOURCES}providers/index.ts'

    const provider = providerFor('${name}', { url: '${url}', apiVersion: 'v' })
    const inner = createHttpUpstream({
      id: 'p', name: 'p', url: '${url}', apiPath: '/v1', weight: 1, kind: provider.kind ?? 'vllm', models: null,
      simulated: false, headers: provider.headers({ authorization: 'Bearer k' }), passAuthorization: false,
      connections: 8, connectMs: 1000, headersMs: 5000, idleMs: 5000, maxResponseBytes: 1000000,
    })
    const upstream = withProvider(inner, provider)
    export default { name: 'provided', setup: () => ({ upstream: () => upstream, close: () => inner.close() }) }
  `
}
