import type { HookName } from '../plugin/index.ts'

/**
 * How a hook is run. `reduce`: each plugin gets what the one before returned. `first`: the first
 * answer wins. `parallel`: all at once. `tap`: synchronous, once per reply and then once per chunk.
 */
export interface HookRule {
  readonly run: 'reduce' | 'first' | 'each' | 'parallel' | 'tap'
  readonly order: 'as listed' | 'reversed'
  /** Absent: the hook must be synchronous. */
  readonly timeoutMs?: number
  /** `fail` ends the call, `skip` goes on without this plugin and says so in log and trace. */
  readonly onError: 'fail' | 'skip'
}

/** The whole contract of the plugin host in one table; `GET /admin/plugins` shows it. */
export const HOOKS = {
  params: { run: 'reduce', order: 'as listed', timeoutMs: 2_000, onError: 'fail' },
  upstream: { run: 'first', order: 'as listed', timeoutMs: 500, onError: 'skip' },
  attempt: { run: 'reduce', order: 'as listed', timeoutMs: 2_000, onError: 'fail' },
  intent: { run: 'each', order: 'as listed', timeoutMs: 30_000, onError: 'fail' },
  refused: { run: 'first', order: 'as listed', timeoutMs: 2_000, onError: 'skip' },
  headers: { run: 'reduce', order: 'reversed', onError: 'skip' },
  stream: { run: 'tap', order: 'reversed', onError: 'skip' },
  trace: { run: 'reduce', order: 'reversed', timeoutMs: 5_000, onError: 'skip' },
  save: { run: 'each', order: 'as listed', timeoutMs: 60_000, onError: 'fail' },
  saved: { run: 'parallel', order: 'as listed', timeoutMs: 10_000, onError: 'skip' },
  error: { run: 'reduce', order: 'reversed', timeoutMs: 500, onError: 'skip' },
  ready: { run: 'each', order: 'as listed', timeoutMs: 10_000, onError: 'fail' },
  close: { run: 'each', order: 'reversed', timeoutMs: 10_000, onError: 'skip' },
} as const satisfies Record<HookName, HookRule>

/** The hook names, for telling a typo from a hook. */
export const HOOK_NAMES = Object.keys(HOOKS) as readonly HookName[]
