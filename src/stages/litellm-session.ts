import type { IncomingHttpHeaders } from 'node:http'
import type { Middleware } from 'koa'
import { isObject, type Json, type JsonObject } from '../plugin/index.ts'
import { checkSessionId } from '../trace/session-id.ts'
import type { CallState } from './call-state.ts'
import { headerText } from './identify-call.ts'
import type { Parts } from './parts.ts'

/**
 * Gives a call that named no session the one it names in the words of LiteLLM's clients, where the
 * configuration is LiteLLM's. Its body must have been read.
 *
 * @throws {GatewayError} `bad_session`
 */
export function litellmSessionStage({
  forwarding,
}: Pick<Parts, 'forwarding'>): Middleware<CallState> {
  return function litellmSession(ctx, next) {
    const { route, body } = ctx.state
    if (!forwarding.litellm || route.scoped) return next()
    const session = sessionIn(ctx.req.headers, body.json ?? {})
    if (session !== null) ctx.state.route = { ...route, sessions: [session], scoped: true }
    return next()
  }
}

/** The first of the names, in the order in which they are meant to be a session. */
function sessionIn(headers: IncomingHttpHeaders, body: JsonObject): string | null {
  const said: readonly (readonly [name: string, value: Json | undefined])[] = [
    ['x-litellm-session-id', headerText(headers['x-litellm-session-id'])],
    ['litellm_session_id', body['litellm_session_id']],
    ['metadata.session_id', fieldOf(body['metadata'])],
    ['litellm_metadata.session_id', fieldOf(body['litellm_metadata'])],
    ['x-litellm-trace-id', headerText(headers['x-litellm-trace-id'])],
    ['litellm_trace_id', body['litellm_trace_id']],
  ]
  for (const [name, value] of said) {
    if (typeof value === 'string' && value !== '') return checkSessionId(value, name)
  }
  return null
}

function fieldOf(metadata: Json | undefined): Json | undefined {
  return isObject(metadata) ? metadata['session_id'] : undefined
}
