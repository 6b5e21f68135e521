import { GatewayError } from '../errors/index.ts'
import type { Identity } from './records.ts'

/** @throws {GatewayError} `key_blocked`, `key_expired`; in LiteLLM's words */
export function refuseUnusable(
  { key, user, team }: Omit<Extract<Identity, { readonly role: 'key' }>, 'role'>,
  now: number,
): void {
  if (key.blocked) {
    throw blocked("Key is blocked. Update via `/key/unblock` if you're an admin.")
  }
  if (key.team_id !== null && !team) {
    throw blocked(`Team=${key.team_id} of the key is not there any more.`)
  }
  if (team?.blocked) throw blocked(`Team=${team.team_id} is blocked. Update via \`/team/unblock\`.`)
  if (user?.blocked) throw blocked(`User=${user.user_id} is blocked. Update via \`/user/update\`.`)
  if (key.expires !== null && key.expires <= now) {
    throw new GatewayError('key_expired', {
      text:
        'Authentication Error - Expired Key. ' +
        `Key Expiry time ${iso(key.expires)} and current time ${iso(now)}`,
    })
  }
}

function blocked(text: string): GatewayError {
  return new GatewayError('key_blocked', { text })
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
