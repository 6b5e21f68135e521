import type { Middleware } from 'koa'
import type { Parts } from '../stages/index.ts'

/**
 * Paths that LiteLLM's proxy has under two names, as the one name that the stages know. Whose call it is
 * stands in none of them.
 */
export function otherNames({ litellm }: Parts['forwarding']): Middleware {
  return function otherNames(ctx, next) {
    const url = ctx.req.url ?? '/'
    if (/^\/models(?:[/?]|$)/.test(url)) ctx.req.url = `/v1${url}`
    // Without LiteLLM's configuration this is a path of a server behind.
    else if (litellm && /^\/v1\/model\/info(?:[/?]|$)/.test(url)) ctx.req.url = url.slice(3)
    return next()
  }
}
