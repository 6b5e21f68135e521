import { GatewayError } from '../errors/index.ts'
import type {
  Attempt,
  Call,
  Change,
  FullTrace,
  Headers,
  HookName,
  Hooks,
  Intent,
  JsonObject,
  Refusal,
  Trace,
  Upstream,
} from '../plugin/index.ts'
import { assertHeaders, assertParams, assertTrace, assertUpstream } from './answers.ts'
import { blame, countersOf, guard, isDecision } from './guard.ts'
import { HOOKS } from './rules.ts'
import { ruleFor, type Seat } from './seat.ts'
import { seatTaps, type Taps } from './taps.ts'

/** Params and who changed which of their keys on the way. */
export interface Shaped {
  readonly params: JsonObject
  readonly changes: readonly Change[]
}

/** What the stages see of the plugins. Every method follows the rule of its hook in {@link HOOKS}. */
export interface Host {
  params(params: JsonObject, call: Call): Promise<Shaped>
  upstream(candidates: readonly Upstream[], call: Call): Promise<Upstream | undefined>
  attempt(params: JsonObject, call: Call, attempt: Attempt): Promise<Shaped>
  intent(intent: Intent, call: Call): Promise<void>
  /** True when a plugin wants the attempt made anew. */
  refused(refusal: Refusal, call: Call, attempt: Attempt): Promise<boolean>
  headers(headers: Headers, call: Call): Readonly<Record<string, string | null>>
  taps(call: Call, attempt: Attempt): Taps
  trace(trace: FullTrace, call: Call): Promise<FullTrace>
  save(trace: FullTrace, call: Call): Promise<void>
  /** True when some plugin saves the traces of calls like this one. */
  saves(call: Call): boolean
  /** True when some plugin saves traces at all. */
  readonly tracing: boolean
  saved(trace: Trace, call: Call): Promise<void>
  error(error: GatewayError, call: Call): Promise<GatewayError>
  ready(): Promise<void>
  close(): Promise<void>
  /** Plugins, their hooks, rules and counters, for `GET /admin/plugins`. */
  describe(): unknown
}

/** Hooks whose refusals end the call whatever a failure would do. */
const DECIDING: ReadonlySet<HookName> = new Set(['params', 'upstream', 'attempt'])

/** Makes the host of an ordered list of loaded plugins. */
export function createHost(seats: readonly Seat[]): Host {
  const reversed = seats.toReversed()
  const listed = {} as Record<HookName, readonly Seat[]>
  for (const hook of Object.keys(HOOKS) as HookName[]) {
    const order = HOOKS[hook].order === 'reversed' ? reversed : seats
    listed[hook] = order.filter((seat) => seat.hooks[hook])
  }

  /** Runs one plugin's hook; a failure under the `skip` rule is counted, logged and becomes nothing. */
  async function run<T>(
    seat: Seat,
    hook: HookName,
    work: (hooks: Hooks) => T | Promise<T>,
    { check, skipped }: { check?: (answer: T) => void; skipped?: () => void } = {},
  ): Promise<T | void> {
    const rule = ruleFor(seat, hook)
    try {
      const result = guard(seat, hook, rule.timeoutMs, () => work(seat.hooks))
      const answer = result instanceof Promise ? await result : result
      check?.(answer)
      return answer
    } catch (thrown) {
      const error = thrown instanceof GatewayError ? thrown : blame(seat, hook, thrown)
      if (rule.onError === 'fail' || (isDecision(error) && DECIDING.has(hook))) {
        throw error
      }
      countersOf(seat, hook).skipped += 1
      skipped?.()
      seat.log.error({ err: error.cause ?? error }, `the ${hook} hook failed and was skipped`)
    }
  }

  async function shape(
    hook: 'params' | 'attempt',
    params: JsonObject,
    call: Call,
    work: (hooks: Hooks, params: JsonObject) => JsonObject | void | Promise<JsonObject | void>,
  ): Promise<Shaped> {
    const changes: Change[] = []
    let current = params
    for (const seat of listed[hook]) {
      if (!seat.matches(call)) continue
      const before = current
      const check = assertParams
      current = (await run(seat, hook, (hooks) => work(hooks, before), { check })) ?? before
      if (current === before) continue
      const keys = changedKeys(before, current)
      if (keys.length > 0) changes.push({ plugin: seat.name, hook, keys })
    }
    return { params: current, changes }
  }

  return {
    params: (params, call) =>
      shape('params', params, call, (hooks, now) => hooks.params?.(now, call)),
    attempt: (params, call, attempt) =>
      shape('attempt', params, call, (hooks, now) => hooks.attempt?.(now, call, attempt)),

    async upstream(candidates, call) {
      for (const seat of listed.upstream) {
        if (!seat.matches(call)) continue
        const chosen = await run(seat, 'upstream', (hooks) => hooks.upstream?.(candidates, call), {
          check: assertUpstream,
        })
        if (chosen) return chosen
      }
      return undefined
    },

    async intent(intent, call) {
      for (const seat of listed.intent) {
        if (seat.matches(call)) await run(seat, 'intent', (hooks) => hooks.intent?.(intent, call))
      }
    },

    async refused(refusal, call, attempt) {
      for (const seat of listed.refused) {
        if (!seat.matches(call)) continue
        const answer = await run(seat, 'refused', (hooks) =>
          hooks.refused?.(refusal, call, attempt),
        )
        if (answer === 'again') return true
      }
      return false
    },

    headers(headers, call) {
      let patch: Readonly<Record<string, string | null>> = {}
      let patched = headers
      for (const seat of listed.headers) {
        if (!seat.matches(call)) continue
        try {
          const answer: unknown = seat.hooks.headers?.(patched, call)
          assertHeaders(answer)
          if (!answer) continue
          patch = { ...patch, ...answer }
          patched = withPatch(patched, answer)
        } catch (thrown) {
          const error = blame(seat, 'headers', thrown)
          seat.log.error({ err: error.cause ?? error }, 'the headers hook failed and was skipped')
        }
      }
      return patch
    },

    taps: (call, attempt) => seatTaps(listed.stream, call, attempt),

    async trace(trace, call) {
      let current = trace
      for (const seat of listed.trace) {
        if (!seat.matches(call)) continue
        const before = current
        const answer = await run(seat, 'trace', (hooks) => hooks.trace?.(before, call), {
          check: (found) => assertTrace(found, before),
          skipped() {
            const warnings = [...before.warnings, `plugin_failed:${seat.name}.trace`]
            current = { ...before, warnings }
          },
        })
        current = answer ?? current
      }
      return current
    },

    async save(trace, call) {
      for (const seat of listed.save) {
        if (seat.matches(call)) await run(seat, 'save', (hooks) => hooks.save?.(trace, call))
      }
    },

    saves: (call) => listed.save.some((seat) => seat.matches(call)),

    tracing: listed.save.length > 0,

    async saved(trace, call) {
      const interested = listed.saved.filter((seat) => seat.matches(call))
      await Promise.all(
        interested.map((seat) => run(seat, 'saved', (hooks) => hooks.saved?.(trace, call))),
      )
    },

    async error(error, call) {
      let current = error
      for (const seat of listed.error) {
        if (!seat.matches(call)) continue
        const before = current
        const reworded = await run(seat, 'error', (hooks) => hooks.error?.(before, call))
        if (reworded instanceof GatewayError) current = reworded
      }
      return current
    },

    async ready() {
      for (const seat of listed.ready) await run(seat, 'ready', (hooks) => hooks.ready?.())
    },

    async close() {
      for (const seat of listed.close) await run(seat, 'close', (hooks) => hooks.close?.())
    },

    describe: () => ({ rules: HOOKS, plugins: seats.map(describeSeat) }),
  }
}

/** The headers as the next plugin sees them; their names are in lower case. */
function withPatch(headers: Headers, patch: Readonly<Record<string, string | null>>): Headers {
  const patched: Record<string, string> = { ...headers }
  for (const [given, value] of Object.entries(patch)) {
    const name = given.toLowerCase()
    if (value === null) Reflect.deleteProperty(patched, name)
    else patched[name] = value
  }
  return patched
}

function changedKeys(before: JsonObject, after: JsonObject): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].filter((key) => before[key] !== after[key])
}

function describeSeat(seat: Seat): unknown {
  return {
    name: seat.name,
    source: seat.source,
    description: seat.description,
    hooks: Object.fromEntries(
      Object.keys(seat.hooks).map((hook) => [hook, countersOf(seat, hook as HookName)]),
    ),
  }
}
