import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import compose from 'koa-compose'
import { GatewayError } from '../errors/index.ts'
import type { Logger } from '../util/log.ts'
import { readRequestPath } from '../util/request-path.ts'
import {
  bodyStage,
  contextStage,
  isCallUrl,
  keyStage,
  litellmSessionStage,
  methodStage,
  modelCall,
  modelsStage,
  presenceStage,
  refusalStage,
  slugStage,
  type CallState,
  type Parts,
} from '../stages/index.ts'
import { accessLog } from './access-log.ts'
import { errorBoundary } from './errors.ts'
import { frontDoor } from './front-door.ts'
import { otherNames } from './other-names.ts'

/** The Koa app: every middleware of the gateway, in the order a request meets them. */
export function createApp(parts: Parts, admin: Router): Koa {
  const app = new Koa({ proxy: false })
  for (const stage of stagesOf(parts, admin)) app.use(stage)
  app.use(frontDoor(admin, parts.version))
  app.use(function unknownRoute(ctx) {
    throw new GatewayError('route_not_found', { detail: `${ctx.method} ${ctx.path.slice(0, 200)}` })
  })
  // Koa reports a cut answer here, twice; the call's own stage has recorded it already.
  app.on('error', (error: Error) => parts.log.debug({ err: error.message }, 'a response was cut'))
  return app
}

/**
 * The same stages as one middleware for somebody else's Koa app. Requests that are none of the
 * gateway's go on to the app's next middleware, untouched. Mount it in front of any body parser.
 */
export function createMounted(
  parts: Parts,
  admin: Router,
  beReady: () => Promise<void>,
): Middleware {
  const stages = compose(stagesOf(parts, admin))
  return async function sluice(ctx, next) {
    const url = ctx.req.url ?? '/'
    // What cannot be read is refused where every request is for the gateway; here it may be the app's.
    const isCall = readRequestPath(url) !== null && isCallUrl(url)
    if (!isCall && admin.match(ctx.path, ctx.method).path.length === 0) return next()
    await beReady()
    return stages(ctx, async () => {})
  }
}

function stagesOf(parts: Parts, admin: Router): Middleware[] {
  const { bodyBytes: maxBytes, depth: maxDepth } = parts.limits
  const adminRoutes = admin.routes() as unknown as Middleware
  return [
    otherNames(parts.forwarding),
    accessLog(parts.log),
    errorBoundary(parts.log, parts.forwarding.litellm ? 'litellm' : 'openai'),
    forCalls(refusalStage(parts)),
    contextStage(parts.viaName),
    forCalls(
      presenceStage(),
      keyStage(parts),
      slugStage(),
      methodStage(),
      modelsStage(parts),
      bodyStage({ maxBytes, maxDepth }),
      litellmSessionStage(parts),
      modelCall(parts),
    ),
    function adminStage(ctx, next) {
      ctx.res.setTimeout(parts.timeouts.clientStallMs, () => ctx.res.destroy())
      return adminRoutes(ctx, next)
    },
  ]
}

/** Stages that only calls go through; what else comes in belongs to the admin routes. */
function forCalls(...stages: readonly Middleware<CallState>[]): Middleware {
  const run = compose(stages as never)
  return (ctx, next) => (isCallUrl(ctx.req.url ?? '/') ? run(ctx, next) : next())
}

export interface ServerLimits {
  /** Until a request has come in whole. */
  readonly requestMs: number
  readonly headersMs: number
}

/** The HTTP server around the app. */
export function createHttpServer(app: Koa, limits: ServerLimits, log: Logger): Server {
  const handle = app.callback()
  const server = createServer(
    {
      // The context stage asks for it, and says so in the answer; Node's own 400 has no body.
      requireHostHeader: false,
      requestTimeout: limits.requestMs,
      headersTimeout: limits.headersMs,
      keepAliveTimeout: 75_000,
      maxHeaderSize: 65_536,
    },
    (request, response) => void handle(request, response),
  )
  // 0: Node shows every header. With a limit it hides the rest, framing headers among them
  // (CVE-2026-58044); the context stage refuses requests with too many.
  server.maxHeadersCount = 0
  // Node calls a connection idle as soon as its answer was handed over, and `close` ends those at once,
  // though megabytes may still be on their way. The gateway ends them itself when its calls are done.
  server.closeIdleConnections = () => {}
  // A caller may close its sending half and still read; see the presence stage.
  ;(server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    log.debug({ code: error.code }, 'an unreadable request')
    const gone = error.code === 'ECONNRESET' || !socket.writable
    if (gone || isAnswering(socket)) return void socket.destroy()
    const [status, failure] = clientFailure(error)
    const body = JSON.stringify(failure.toBody())
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    )
  })
  return server
}

/** In the middle of an answer another one would be read as a part of it. */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null }
  return answer?.headersSent === true
}

function clientFailure(error: NodeJS.ErrnoException): [string, GatewayError] {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return [
      '431 Request Header Fields Too Large',
      new GatewayError('uri_too_long', { detail: 'URL and headers together are over the limit' }),
    ]
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return [
      '408 Request Timeout',
      new GatewayError('bad_request', { detail: 'it did not come in whole in time' }),
    ]
  }
  return [
    '400 Bad Request',
    new GatewayError('bad_request', { detail: error.code ?? 'broken HTTP' }),
  ]
}
