import type { Middleware } from 'koa'
import type { Parts } from '../stages/index.ts'

/** What callers leave `/v1` out of. */
const WITHOUT_V1 =
  /^\/(?:chat\/completions|completions|embeddings|messages|models|responses)(?=[/?]|$)/

/** LiteLLM's proxy lets the path name the model, in the words of Azure and of OpenAI's old engines. */
const WITH_MODEL =
  /^\/(?:openai\/deployments|engines)\/([^?]+?)(\/(?:chat\/completions|completions|embeddings)\/?(?:\?.*)?)$/

/**
 * Paths that clients know under several names, as the one name that the stages know. Whose call it is
 * stands in none of them; a model that does is left on `ctx.state.modelInUrl`.
 */
export function otherNames({ litellm }: Parts['forwarding']): Middleware {
  return function otherNames(ctx, next) {
    const url = ctx.req.url ?? '/'
    if (WITHOUT_V1.test(url)) ctx.req.url = `/v1${url}`
    // Without LiteLLM's configuration these are paths of a server behind, or of nobody.
    else if (litellm && /^\/v1\/model\/info(?:[/?]|$)/.test(url)) ctx.req.url = url.slice(3)
    else if (litellm) {
      const [, model = '', path = ''] = WITH_MODEL.exec(url) ?? []
      const name = decoded(model)
      if (name) {
        ctx.req.url = `/v1${path}`
        ctx.state['modelInUrl'] = name
      }
    }
    return next()
  }
}

/** Null for what is no percent-encoded UTF-8; the stages refuse such a URL. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
