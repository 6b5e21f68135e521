import type { Middleware } from 'koa'

const FIRST_PROBE_MS = 20
const LAST_PROBE_MS = 1_000

/** An SSE comment; parsers drop it (WHATWG HTML §9.2.6). */
const COMMENT = ':\n\n'

/**
 * Tells a caller that has merely finished sending (a half-closed socket, which is legal) from one that
 * has left: both look like a FIN. Something harmless is sent, `102 Processing` before the head of the
 * reply and an SSE comment after it; a caller that is gone answers with a reset, which closes the
 * response and with it the call. A caller that never sends a FIN early never sees either.
 */
export function presenceStage(): Middleware {
  return async function presence(ctx, next) {
    const { socket } = ctx.req
    let timer: NodeJS.Timeout | undefined
    let wait = FIRST_PROBE_MS
    const probe = (): void => {
      const { res } = ctx
      if (res.writableEnded || socket.destroyed) return
      if (!res.headersSent) {
        if (ctx.req.httpVersion === '1.1') res.writeProcessing()
      } else if (
        String(res.getHeader('content-type')).startsWith('text/event-stream') &&
        res.writableLength === 0
      ) {
        res.write(COMMENT)
      }
      timer = setTimeout(probe, wait)
      wait = Math.min(wait * 2, LAST_PROBE_MS)
    }
    socket.once('end', probe)
    ctx.res.once('close', () => {
      clearTimeout(timer)
      socket.off('end', probe)
    })
    await next()
  }
}
