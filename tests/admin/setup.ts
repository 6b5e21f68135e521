import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { createAdminRouter, type AdminParts } from '../../src/admin/index.ts'
import { asGatewayError } from '../../src/errors/index.ts'
import { createLedger } from '../../src/ledger/index.ts'
import { createWeightVersions } from '../../src/stages/index.ts'
import { createMemoryStore, type TraceStore } from '../../src/trace/index.ts'
import { PLAIN_TERMS } from '../../src/upstream/index.ts'
import { someWorkers } from './some-workers.ts'

export interface Admin extends AsyncDisposable {
  readonly url: string
  readonly store: TraceStore
  /** Sends a request and gives back status, headers and parsed body. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** Parts of an empty gateway, but for the given ones. */
export function parts(given: Partial<AdminParts> = {}): AdminParts {
  return {
    store: createMemoryStore(),
    upstreams: { list: () => [] },
    hooks: { describe: () => ({ plugins: [] }), tracing: true },
    workers: someWorkers(),
    ledger: createLedger({ putRecords: async () => {} }, { log: { warn() {} } }),
    spentBy: () => 0,
    takeUp: async () => {},
    weights: createWeightVersions({ weightVersion: null, setWeightVersion: async () => {} }),
    cache: null,
    settings: { adminToken: null, masterKey: null, keyHeader: null, metricsAuth: false },
    metrics: { text: async () => '' },
    termsOf: () => PLAIN_TERMS,
    whyOut: () => null,
    version: '0.0.0',
    startedAt: Date.now(),
    flush: async () => true,
    draining: () => false,
    reload: async () => ({ models: [], needs_restart: [] }),
    ...given,
  }
}

/** The admin router on an app with a listening socket, over an empty memory store. */
export async function startAdmin(given: Partial<AdminParts> = {}): Promise<Admin> {
  const all = parts(given)
  const router = createAdminRouter(all)
  const app = new Koa()
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const error = asGatewayError(thrown)
      ctx.status = error.status
      ctx.set(error.headers)
      ctx.body = error.toBody()
    }
  })
  app.use(router.routes())
  app.use((ctx) => {
    ctx.status = 404
    ctx.body = 'passed through'
  })
  app.silent = true
  const answer = app.callback()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    store: all.store,
    async ask(method, path, body, more = {}) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = new Headers(more)
      headers.set('content-type', 'application/json')
      const response = await fetch(url + path, { method, headers, ...json })
      return {
        status: response.status,
        headers: response.headers,
        body: parse(await response.text()),
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The `code` of an error answer. */
export function codeOf({ body }: Answer): string {
  return (body as { error: { code: string } }).error.code
}

/** What an error answer says, for people. */
export function messageOf({ body }: Answer): string {
  return (body as { error: { message: string } }).error.message
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
