import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { createAdminRouter, type AdminParts } from '../../src/admin/index.ts'
import { asGatewayError } from '../../src/errors/index.ts'
import { createMemoryStore, type TraceStore } from '../../src/trace/index.ts'

export interface Admin extends AsyncDisposable {
  readonly url: string
  readonly store: TraceStore
  /** Sends a request and gives back status, headers and parsed body. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** The admin router on an app with a listening socket, over an empty memory store. */
export async function startAdmin(parts: Partial<AdminParts> = {}): Promise<Admin> {
  const store = parts.store ?? createMemoryStore()
  const router = createAdminRouter({
    store,
    upstreams: { list: () => [] },
    hooks: { describe: () => ({ plugins: [] }) },
    version: '0.0.0',
    startedAt: Date.now(),
    flush: async () => true,
    ...parts,
  })
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
    store,
    async ask(method, path, body) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = { 'content-type': 'application/json' }
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
