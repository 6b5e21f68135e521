import { createHash } from 'node:crypto'
import type { Member } from './member.ts'
import type { MinuteUse } from './minute-window.ts'

/** What one upstream was used for, at one gateway. */
export interface UpstreamUse extends MinuteUse {
  readonly identity: string
}

/** What gateways that send calls to the same upstreams tell each other. */
export interface Elsewhere {
  /** Of every upstream of the set. */
  identities(): readonly string[]
  /** Hears when an upstream begins to cool down here, and for how many milliseconds. */
  onCooldown(heard: (identity: string, ms: number) => void): void
  /** Another gateway leaves this upstream alone for so many milliseconds more. */
  cool(identity: string, ms: number): void
  /** What this gateway used in the minute under way. */
  used(): readonly UpstreamUse[]
  /** What all other gateways used together. */
  usedElsewhere(use: UpstreamUse): void
}

/** The side of {@link Elsewhere} that the set speaks to. */
export interface Telling extends Elsewhere {
  cools(member: Member): void
}

export function createElsewhere(members: ReadonlyMap<unknown, Member>): Telling {
  let cooled: (identity: string, ms: number) => void = () => {}

  /** One place may stand in the set more than once. */
  function* those(identity: string): Generator<Member> {
    for (const member of members.values()) if (member.identity === identity) yield member
  }

  return {
    identities: () => [...new Set([...members.values()].map(({ identity }) => identity))],
    onCooldown(heard) {
      cooled = heard
    },
    cools: ({ identity, cooldown }) => cooled(identity, cooldown.remainingMs),
    cool(identity, ms) {
      for (const { cooldown } of those(identity)) cooldown.coolFor(ms)
    },
    used() {
      const uses = new Map<string, UpstreamUse>()
      for (const { identity, window } of members.values()) {
        const before = uses.get(identity)
        const { minute, requests, tokens } = window.own
        const sum = {
          requests: requests + (before?.requests ?? 0),
          tokens: tokens + (before?.tokens ?? 0),
        }
        uses.set(identity, { identity, minute, ...sum })
      }
      return [...uses.values()]
    },
    usedElsewhere({ identity, ...use }) {
      for (const { window } of those(identity)) window.usedElsewhere(use)
    },
  }
}

/** A hash, because an address may hold a password. */
export function identityOf(url: string, apiPath: string, sendModel: string | null): string {
  const spelled = JSON.stringify([url, apiPath, sendModel])
  return createHash('sha256').update(spelled).digest('hex').slice(0, 32)
}
