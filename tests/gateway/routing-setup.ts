import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Trace } from 'sluice/plugin'
import { openGateway } from '../../src/app/index.ts'
import { checkConfig } from '../../src/config/index.ts'
import { chat, completion } from '../support/events.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { single, type Script } from '../support/scripted-upstream.ts'
import type { ScriptedWorker } from './workers-setup.ts'

/** A gateway in this process, whose routing has keys that tests set one by one. */
export interface Routed {
  readonly url: string
  ask(model?: string, extra?: object, headers?: Record<string, string>): Promise<RawReply>
  traceOf(reply: RawReply): Promise<Trace>
}

type Keys = Readonly<Record<string, unknown>>

/**
 * @param upstreams entries of `upstreams`; each is of kind `generic`
 * @param routing keys of `routing`
 */
export async function routedGateway(
  t: { after(undo: () => unknown): void },
  upstreams: readonly Keys[],
  routing: Keys = {},
): Promise<Routed> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-routing-'))
  const config = checkConfig({
    port: 0,
    state_dir: join(dir, 'state'),
    store: { path: join(dir, 'traces.db') },
    log_level: 'silent',
    health: { interval_ms: 0, unhealthy_after: 1_000 },
    upstreams: upstreams.map(({ url }) => ({ url, kind: 'generic' })),
  })
  const gateway = await openGateway({
    config: {
      ...config,
      upstreams: config.upstreams.map((entry, at) => ({ ...entry, ...upstreams[at] })),
      routing: { ...config.routing, ...routing },
    },
    startSimulator: () => Promise.reject(new Error('there are no simulators here')),
  })
  t.after(async () => {
    await gateway.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const { url } = await gateway.listen()
  return {
    url,
    ask: (model = 'm', extra = {}, headers = {}) =>
      post(`${url}/v1/chat/completions`, chat(false, { model, ...extra }), headers),
    async traceOf(reply) {
      const found = await fetch(`${url}/traces/${String(reply.headers['x-trace-id'])}`)
      return (await found.json()) as Trace
    },
  }
}

/** Refuses as OpenAI-compatible servers do. */
export function refuses(
  status: number,
  message = 'no',
  extra: { param?: string; headers?: Record<string, string> } = {},
): Script {
  const { param = null, headers = {} } = extra
  const error = { message, type: 'Error', param, code: status }
  return single(JSON.stringify({ error }), { status, headers })
}

export const answers = (text: string): Script => single(completion(text))

/** The bodies of the calls that a worker saw. */
export function bodiesOf({ server }: ScriptedWorker): readonly Record<string, unknown>[] {
  return server.seen
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
}
