import type { Call, Hooks, HookName, Log } from '../plugin/index.ts'
import { HOOKS, type HookRule } from './rules.ts'

/** What the host counts for each hook of each plugin. */
export interface HookCounters {
  calls: number
  failures: number
  timeouts: number
  skipped: number
  /** Milliseconds, awaiting included. */
  totalMs: number
}

/** Which calls an entry takes part in; an absent condition matches every call. */
export interface Match {
  readonly models?: readonly string[]
  readonly dialects?: readonly string[]
  readonly sessions?: readonly string[]
}

/** A loaded plugin at its place in the list. */
export interface Seat {
  readonly name: string
  readonly source: string
  readonly description: string
  readonly hooks: Hooks
  readonly log: Log
  readonly counters: Map<HookName, HookCounters>
  readonly onError: 'fail' | 'skip' | undefined
  readonly timeoutMs: number | undefined
  matches(call: Call): boolean
}

/** Hooks behind which there is no call left to end: they are skipped, whatever `onError` says. */
const ALWAYS_SKIPPED: readonly HookName[] = ['headers', 'stream', 'saved', 'error', 'close']

/** The rule of a hook as this entry's configuration bends it. */
export function ruleFor(seat: Seat, hook: HookName): HookRule {
  const rule: HookRule = HOOKS[hook]
  return {
    ...rule,
    onError: (ALWAYS_SKIPPED.includes(hook) ? undefined : seat.onError) ?? rule.onError,
    ...(rule.timeoutMs === undefined ? {} : { timeoutMs: seat.timeoutMs ?? rule.timeoutMs }),
  }
}

/** Makes the test for an entry's `match` block; `*` in a pattern stands for any text. */
export function matcher(match: Match | undefined): (call: Call) => boolean {
  if (!match) return () => true
  const models = patterns(match.models)
  const sessions = patterns(match.sessions)
  const dialects = match.dialects && new Set(match.dialects)
  return (call) =>
    (!dialects || dialects.has(call.dialect)) &&
    (!models || models(call.model)) &&
    (!sessions || call.sessions.some(sessions))
}

function patterns(list: readonly string[] | undefined): ((text: string) => boolean) | undefined {
  if (!list) return undefined
  const parts = list.map((pattern) => pattern.split('*'))
  return (text) => parts.some((pieces) => glob(pieces, text))
}

/** Linear wildcard match, so that a pattern cannot be made to backtrack. */
function glob(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return text === first
  const last = pieces.at(-1) ?? ''
  if (!text.startsWith(first) || text.length < first.length + last.length) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.endsWith(last) && at <= text.length - last.length
}
