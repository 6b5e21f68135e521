import { hash } from 'node:crypto'
import type { Headers } from '../plugin/index.ts'
import type { Member } from './member.ts'
import type { MinuteUse } from './minute-window.ts'
import { groupOf } from './model-group.ts'

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
  /**
   * Another gateway leaves this upstream alone for so many milliseconds more. Not so this one where
   * nobody else serves a model of its: the other may have somebody.
   */
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

  function isAlone({ upstream, identity }: Member): boolean {
    return (upstream.models ?? ['']).some((model) => {
      const { named, unnamed } = groupOf(members.values(), model)
      return [...named, ...unnamed].every((other) => other.identity === identity)
    })
  }

  return {
    identities: () => [...new Set([...members.values()].map(({ identity }) => identity))],
    onCooldown(heard) {
      cooled = heard
    },
    cools: ({ identity, cooldown }) => cooled(identity, cooldown.remainingMs),
    cool(identity, ms) {
      for (const member of those(identity)) if (!isAlone(member)) member.cooldown.coolFor(ms)
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

/**
 * The same at every gateway that sends the same model to the same place in the same name: accounts at one
 * service have limits of their own. A hash, because all of this may hold secrets.
 */
export function identityOf(
  url: string,
  apiPath: string,
  sendModel: string | null,
  headers: Headers,
): string {
  const named = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const spelled = JSON.stringify([url, apiPath, sendModel, named])
  return hash('sha256', spelled, 'hex').slice(0, 32)
}
