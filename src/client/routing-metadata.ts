import type { JsonObject } from '../plugin/json.ts'
import { currentSession } from './session.ts'

/** The session a client works in at the moment. */
export interface SessionContext {
  readonly sessionName?: string | undefined
  /** Every enclosing session, outermost first; a call belongs to all of them. */
  readonly sessionUids?: readonly string[] | undefined
  readonly metadata?: JsonObject | undefined
}

/**
 * The metadata that routes a call: the session as `session_name` and `session_uids`, the session's
 * own metadata, and `extra`, which wins where keys meet. Empty values of the session are left out.
 *
 * @param context the session; by default the one this code runs in.
 */
export function assembleRoutingMetadata(
  extra: JsonObject = {},
  context: SessionContext = currentSession() ?? {},
): JsonObject {
  const { sessionName, sessionUids, metadata } = context
  return {
    ...metadata,
    ...(sessionName ? { session_name: sessionName } : {}),
    ...(sessionUids?.length ? { session_uids: [...sessionUids] } : {}),
    ...extra,
  }
}
