import type Router from '@koa/router'
import type { Middleware } from 'koa'
import { GatewayError } from '../errors/index.ts'

/**
 * What people and probes ask first, as LiteLLM's proxy has it: `/` says that somebody is here, `/routes`
 * what else there is, and `/test` that a request came through. Needs no key, and tells nothing that one
 * would protect. Mounted in somebody else's app these paths are the app's.
 */
export function frontDoor(admin: Router, version: string): Middleware {
  const answers: Readonly<Record<string, () => object>> = {
    '/': () => ({ status: 'running', name: 'sluice', version, see: ['/health', '/routes'] }),
    '/routes': () => ({ routes: routesOf(admin) }),
    '/test': () => ({ route: '/test' }),
  }
  return function frontDoor(ctx, next) {
    const answer = Object.hasOwn(answers, ctx.path) ? answers[ctx.path] : undefined
    if (!answer) return next()
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      throw new GatewayError('method_not_allowed', {
        detail: `${ctx.method}, where GET, HEAD would do`,
        headers: { allow: 'GET, HEAD' },
      })
    }
    ctx.body = answer()
  }
}

/** Calls are no routes of the router's: these are the ones whose answers are understood. */
const CALLS = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models']

interface Route {
  readonly path: string
  readonly methods: readonly string[]
}

function routesOf(admin: Router): readonly Route[] {
  const calls = CALLS.map((path) => ({
    path,
    methods: path === '/v1/models' ? ['GET'] : ['POST'],
  }))
  const own = new Map<string, Set<string>>()
  for (const { path, methods } of admin.stack) {
    // Those that take all methods refuse them, and an expression is nothing that anybody could ask for.
    if (typeof path !== 'string' || methods.length > 2) continue
    const known = own.get(path) ?? new Set()
    for (const method of methods) if (method !== 'HEAD') known.add(method)
    own.set(path, known)
  }
  return [...calls, ...[...own].map(([path, methods]) => ({ path, methods: [...methods] }))]
}
