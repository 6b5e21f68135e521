import { NOBODY, type Caller } from '../metrics/index.ts'
import type { Identity } from '../ledger/index.ts'
import type { Json, TraceCaller } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'

const UNKNOWN: TraceCaller = {
  key_hash: null,
  key_alias: null,
  user_id: null,
  team_id: null,
  team_alias: null,
  end_user: null,
}

/** LiteLLM's headers for the person behind a call, who may also stand in the body, as `user`. */
const END_USER_HEADERS = ['x-litellm-customer-id', 'x-litellm-end-user-id'] as const
/** Whoever counts people has shorter names for them. */
const MAX_END_USER = 256

/** Who made a call, for its trace; null where nobody is known. */
export function callerOf(exchange: Exchange): TraceCaller | null {
  const { identity } = exchange
  const end_user = endUserOf(exchange)
  switch (identity.role) {
    case 'anyone':
      return end_user === null ? null : { ...UNKNOWN, end_user }
    case 'master':
      return { ...UNKNOWN, end_user }
    case 'key':
      return {
        key_hash: identity.key.token,
        key_alias: identity.key.key_alias,
        user_id: identity.key.user_id,
        team_id: identity.key.team_id,
        team_alias: identity.team?.team_alias ?? null,
        end_user,
      }
  }
}

/**
 * Who made a call, for the labels of metrics. End users are left out, as LiteLLM does: they are so many
 * that nothing else could be told apart any more.
 */
export function labelsOf(identity: Identity | undefined): Caller {
  if (identity?.role !== 'key') return NOBODY
  const { key, user, team } = identity
  return {
    ...NOBODY,
    hashed_api_key: key.token,
    api_key_alias: label(key.key_alias),
    team: label(key.team_id),
    team_alias: label(team?.team_alias),
    user: label(key.user_id),
    user_email: label(user?.user_email),
  }
}

function endUserOf({ requestHeaders, call }: Exchange): string | null {
  const [first, second] = END_USER_HEADERS
  return (
    short(requestHeaders[first]) ?? short(requestHeaders[second]) ?? short(call.received['user'])
  )
}

function short(value: Json | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_END_USER) : null
}

/** Label values hold no bars, which part them where series are looked up. */
function label(text: string | null | undefined): string {
  return (text ?? '').replaceAll('|', '_')
}
