/**
 * What any Koa proxy has to pay: bodies are piped both ways, headers are filtered, nothing is read,
 * nothing is kept. The gateway's cost is told as a multiple of this. Run as `pass-through.ts
 * <upstream URL>`; prints its URL.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import Koa from 'koa'
import { Pool, type Dispatcher } from 'undici'
import { listen } from './listen.ts'

/** Headers of one connection only (RFC 9110, section 7.6.1), and the host, which is another one. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const pool = new Pool(process.argv[2] ?? '', { connections: 1_024, pipelining: 1 })
const app = new Koa()

app.use(async function passThrough(ctx) {
  const left = new AbortController()
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) left.abort()
  })
  const hasBody = ctx.method !== 'GET' && ctx.method !== 'HEAD'
  const { statusCode, headers, body } = await pool.request({
    method: ctx.method as Dispatcher.HttpMethod,
    path: ctx.url,
    headers: endToEnd(ctx.headers),
    body: hasBody ? ctx.req : null,
    signal: left.signal,
  })
  ctx.status = statusCode
  ctx.set(endToEnd(headers))
  ctx.body = body
})

app.on('error', () => {}) // A caller that leaves is no news here.

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value
  }
  return kept
}

const handle = app.callback()
await listen(
  createServer({ keepAliveTimeout: 75_000 }, (request, response) => void handle(request, response)),
)
