import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { chat } from '../support/events.ts'
import { startWorker, type ScriptedWorker } from '../gateway/workers-setup.ts'

export const MASTER = 'sk-master-of-the-tests'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A gateway with a master key in front of one scripted server. */
export interface ManagedGateway {
  readonly gateway: RunningGateway
  readonly worker: ScriptedWorker
  /** Asks an admin route with the master key, or with the key that is given. */
  get(path: string, key?: string): Promise<Reply>
  post(path: string, body?: unknown, key?: string): Promise<Reply>
  /** Makes a key and gives back its text. */
  generate(body?: object): Promise<string>
  /** Makes a call with a key. */
  call(key: string | null, extra?: CallOptions): Promise<Reply>
}

export interface CallOptions {
  readonly model?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

export async function startManaged(
  t: { after(undo: () => unknown): void },
  options: { config?: Record<string, unknown>; dir?: string; keys?: object; worker?: object } = {},
): Promise<ManagedGateway> {
  const worker = await startWorker(t, 'w')
  const gateway = await startGateway(t, {
    config: {
      upstreams: [{ url: worker.url, kind: 'generic', ...options.worker }],
      keys: { master_key: MASTER, ...options.keys },
      ...options.config,
    },
    ...(options.dir === undefined ? {} : { dir: options.dir }),
  })
  const ask = async (path: string, init: RequestInit): Promise<Reply> => {
    const reply = await fetch(gateway.url + path, init)
    const text = await reply.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    return { status: reply.status, headers: reply.headers, body }
  }
  const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })
  const post = (path: string, body: unknown = {}, key = MASTER): Promise<Reply> =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(key) },
      body: JSON.stringify(body),
    })
  return {
    gateway,
    worker,
    post,
    get: (path, key = MASTER) => ask(path, { headers: bearer(key) }),
    async generate(body = {}) {
      const { status, body: made } = await post('/key/generate', body)
      if (status !== 200) throw new Error(JSON.stringify(made))
      return made['key'] as string
    },
    call: (key, { model = 'm', body = {}, headers = {}, path = '/v1/chat/completions' } = {}) =>
      ask(path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key === null ? {} : bearer(key)),
          ...headers,
        },
        body: JSON.stringify({ ...chat(false), model, ...body }),
      }),
  }
}

/** The error of a reply. */
export function errorIn({ body }: Reply): Record<string, unknown> {
  return body['error'] as Record<string, unknown>
}
