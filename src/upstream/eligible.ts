import { GatewayError } from '../errors/index.ts'
import type { Cooldown } from './cooldown.ts'
import type { MinuteWindow } from './minute-window.ts'
import type { RoutingOptions } from './routing-options.ts'
import type { Asked, Candidate } from './strategies/index.ts'

/** A member with what may keep a call from it. */
export interface Limited extends Candidate {
  readonly window: MinuteWindow
  readonly cooldown: Cooldown
}

type Rules = Pick<RoutingOptions, 'strategy' | 'preCallChecks' | 'tagFiltering'>

/** Whoever has this tag takes the calls that have none, and those whose tags nobody has. */
const DEFAULT_TAG = 'default'

/**
 * Those that suit the call, whether or not they have room for it.
 *
 * @throws {GatewayError} `no_tagged_upstream`, `context_length_exceeded`
 */
export function suitable<Member extends Limited>(
  members: readonly Member[],
  asked: Asked,
  rules: Rules,
): readonly Member[] {
  const tagged = rules.tagFiltering === 'off' ? members : withTags(members, asked, rules)
  if (!rules.preCallChecks) return tagged
  const roomy = tagged.filter(({ terms }) => asked.tokens <= (terms.maxInputTokens ?? Infinity))
  if (roomy.length > 0 || tagged.length === 0) return roomy
  const longest = Math.max(...tagged.map(({ terms }) => terms.maxInputTokens ?? 0))
  throw new GatewayError('context_length_exceeded', {
    param: 'messages',
    detail: `it has about ${asked.tokens} tokens, and the longest there is for "${asked.model}" takes ${longest}`,
  })
}

/** Milliseconds until a member takes calls like this one; 0: now; infinite: when one of its calls ends. */
export function msUntilReady(member: Limited, asked: Asked, rules: Rules): number {
  const { terms, window, cooldown, inFlight } = member
  const cooling = cooldown.remainingMs
  const minute = isUsedUp(member, asked, rules) ? window.remainingMs : 0
  if (inFlight >= (terms.maxParallel ?? Infinity)) return Infinity
  return Math.max(cooling, minute)
}

function isUsedUp({ terms, window }: Limited, { tokens }: Asked, rules: Rules): boolean {
  const isMetered = !['session', 'simple-shuffle', 'least-busy'].includes(rules.strategy)
  if (terms.rpm !== null && (isMetered || rules.preCallChecks) && window.requests >= terms.rpm) {
    return true
  }
  // A call that alone is more than the limit is the server's to refuse: waiting would not help it.
  return terms.tpm !== null && isMetered && window.tokens > 0 && window.tokens + tokens > terms.tpm
}

function withTags<Member extends Limited>(
  members: readonly Member[],
  { tags, model }: Asked,
  { tagFiltering }: Rules,
): readonly Member[] {
  const has = ({ terms }: Member, tag: string): boolean => terms.tags.includes(tag)
  const fallback = members.filter((member) => has(member, DEFAULT_TAG))
  if (tags.length === 0) return fallback.length > 0 ? fallback : members
  const fitting = members.filter((member) =>
    tagFiltering === 'all'
      ? tags.every((tag) => has(member, tag))
      : tags.some((tag) => has(member, tag)),
  )
  if (fitting.length > 0) return fitting
  if (fallback.length > 0) return fallback
  throw new GatewayError('no_tagged_upstream', {
    param: 'tags',
    detail: `"${model}" with ${tags.join(', ')}`,
  })
}
