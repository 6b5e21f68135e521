import type { Middleware } from 'koa'
import type { Logger } from '../util/log.ts'

/** One line per request, written when its answer has ended, however it ended. */
export function accessLog(log: Logger): Middleware {
  return function access(ctx, next) {
    if (!log.isLevelEnabled('info')) return next()
    const started = performance.now()
    ctx.res.once('close', () => {
      log.info(
        {
          request_id: ctx.state['requestId'],
          trace_id: ctx.res.getHeader('x-trace-id'),
          method: ctx.method,
          // The slug holds the team's metadata, and some path a key: the plain path says enough.
          path: ctx.state['route']?.pathname ?? withoutSlug(ctx.path),
          sessions: ctx.state['route']?.sessions,
          status: ctx.res.statusCode,
          cut: !ctx.res.writableFinished,
          ms: Math.round(performance.now() - started),
        },
        'request',
      )
    })
    return next()
  }
}

function withoutSlug(path: string): string {
  return path.replace(/\/meta\/[^/]*/, '/meta/…').replace(/^\/key\/sk-[^/]*/, '/key/sk-…')
}
