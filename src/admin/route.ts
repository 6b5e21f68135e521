import type { Router, RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'

export type Handler = (ctx: RouterContext) => Promise<void> | void

/** The handlers of one path. */
export interface Methods {
  readonly GET?: Handler
  readonly POST?: Handler
  readonly DELETE?: Handler
}

/**
 * Registers the handlers of a path and answers every other method with 405. Routes are tried in the
 * order they were registered.
 */
export function route(
  router: Router,
  path: string | RegExp,
  methods: Methods,
  hint?: string,
): void {
  const { GET, POST, DELETE } = methods
  if (GET) router.get(path, GET)
  if (POST) router.post(path, POST)
  if (DELETE) router.delete(path, DELETE)
  const allow = Object.keys(methods).join(', ').replace('GET', 'GET, HEAD')
  router.all(path, (ctx) => {
    const detail = `${ctx.method}, where ${allow} would do${hint ? `; ${hint}` : ''}`
    throw new GatewayError('method_not_allowed', { detail, headers: { allow } })
  })
}
