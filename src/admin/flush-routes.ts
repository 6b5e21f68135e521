import type { Router, RouterContext } from '@koa/router'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import { numberParam } from './query.ts'
import { route } from './route.ts'

const DEFAULT_SECONDS = 30
const MAX_SECONDS = 600

/**
 * Flushing, under every name that clients know it by. Traces are committed before their replies end,
 * so there is little to wait for.
 */
export function registerFlush(router: Router, parts: AdminParts): void {
  const flush = async (ctx: RouterContext, timeout: unknown): Promise<void> => {
    const seconds = secondsOf(timeout)
    if (!(await flushed(parts, seconds * 1000))) {
      throw new GatewayError('flush_timeout', { detail: `${seconds} seconds were not enough` })
    }
    ctx.body = { status: 'flushed' }
  }
  const asBodySays = async (ctx: RouterContext): Promise<void> =>
    flush(ctx, (await readBody(ctx))['timeout'])
  // Who asks for the tracer by its name wants to know when there is none.
  const ofTracer = async (ctx: RouterContext): Promise<void> => {
    if (!parts.hooks.tracing) throw new GatewayError('no_tracer')
    await (ctx.method === 'POST' ? asBodySays(ctx) : flush(ctx, numberParam(ctx, 'timeout')))
  }

  route(router, '/admin/flush', { POST: asBodySays })
  route(router, '/admin/flush-tracer', { POST: ofTracer })
  route(router, '/admin/tracer/flush', { GET: ofTracer, POST: ofTracer })
}

async function flushed(parts: AdminParts, ms: number): Promise<boolean> {
  try {
    return await parts.flush(ms)
  } catch (thrown) {
    const { code, cause = thrown } = asGatewayError(thrown)
    // Said of a call, `capture_unavailable` means that its answer is withheld.
    if (code !== 'capture_unavailable' && code !== 'internal') throw thrown
    throw new GatewayError('store_unreachable', { owner: 'store', cause })
  }
}

function secondsOf(timeout: unknown): number {
  if (timeout === undefined || timeout === null) return DEFAULT_SECONDS
  if (typeof timeout === 'number' && timeout > 0 && timeout <= MAX_SECONDS) return timeout
  throw new GatewayError('bad_query', {
    detail: `timeout is not a number of seconds up to ${MAX_SECONDS}`,
    param: 'timeout',
  })
}
