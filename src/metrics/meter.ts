import { setImmediate } from 'node:timers/promises'
import { Registry } from '@prometheus-io/client'
import type { GatewayError } from '../errors/index.ts'
import type { Dialect, FullTrace } from '../plugin/index.ts'
import { tokensOf } from '../trace/index.ts'
import { createBudgetGauges, type MeteredBudget } from './budget-gauges.ts'
import { NOBODY, type Caller } from './caller.ts'
import { createEndings } from './endings.ts'
import { createFamilies, type Labels } from './families.ts'
import { createLabelValues } from './label-values.ts'
import { litellmFamilies } from './litellm-names.ts'
import { recordFallback, type Fallback } from './fallbacks.ts'
import { exception, recordCall, routeOf } from './recording.ts'
import { createScraped, type Scraped } from './scraped.ts'
import { createSeries } from './series.ts'
import { createSessionMoves } from './session-moves.ts'
import { sluiceFamilies } from './sluice-names.ts'
import { deploymentsOf, type MeteredUpstream } from './upstream-labels.ts'

/** Names that callers make up and that were answered all the same. */
const MOST_MODELS = 200
/** Names and addresses of upstreams, of which workers that come and go have ever new ones. */
const MOST_UPSTREAMS = 500
/** Words for why a trace is not complete. */
const MOST_REASONS = 100

/** How things are at the moment of a scrape. */
export interface MeterParts {
  readonly upstreams: () => readonly MeteredUpstream[]
  readonly inFlight: () => number
  readonly store: () => Scraped['store']
  readonly budgets?: () => readonly MeteredBudget[]
}

/**
 * Counts what the gateway does, under LiteLLM's names and its own (`sluice_`). Every request of a call
 * ends as exactly one of recorded, lost, refused or repeated. Nothing of it waits: counting a call takes
 * some ten microseconds, when its trace is committed.
 */
export interface Meter {
  /** The intent of a call is committed. */
  intended(): void
  /** The ending of a reply was held for so many milliseconds. */
  held(ms: number): void
  /** A call has ended and, where a plugin saves traces, its trace is committed. */
  recorded(trace: FullTrace, totalMs: number, isSaved: boolean, caller?: Caller): void
  /** A call has ended and its trace could not be committed. */
  lost(trace: FullTrace, error: GatewayError, caller?: Caller): void
  /** A trace that was lost is committed after all. */
  savedLate(): void
  /** A call got an error and will have no trace. */
  refused(error: GatewayError, asked: Asked): void
  /** A call was answered with what an earlier one got. */
  repeated(status: number, asked: Asked): void
  /** A call was looked up in the cache. */
  lookedUp(result: 'hit' | 'miss'): void
  /** A model was asked in place of the one that a call had asked for. */
  fellBack(fallback: Fallback): void
  /** An upstream gets no more calls until it is well again. */
  leftOut(upstream: MeteredUpstream): void
  /** Everything, in Prometheus's text format 0.0.4. */
  text(): Promise<string>
}

/** What a call asked for, as far as it could be read. */
export interface Asked {
  readonly model: string
  readonly dialect: Dialect
  readonly caller?: Caller
}

/** The type of {@link Meter.text}. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

export function createMeter(parts: MeterParts): Meter {
  const { upstreams, inFlight, store, budgets = () => [] } = parts
  const registry = new Registry()
  const make = createFamilies(registry)
  const litellm = litellmFamilies(make)
  const own = sluiceFamilies(make)
  const models = createLabelValues(MOST_MODELS, (name) =>
    upstreams().some((upstream) => upstream.models?.includes(name)),
  )
  const places = createLabelValues(MOST_UPSTREAMS)
  const reasons = createLabelValues(MOST_REASONS)
  const seriesOf = createSeries()
  const names = { models, places }
  const endingOf = createEndings()
  const recording = { families: litellm, names, seriesOf }
  const scrape = createScraped(make, names)
  const tellBudgets = createBudgetGauges(make)
  const movesOf = createSessionMoves((name) =>
    upstreams().some((upstream) => upstream.name === name && upstream.healthy),
  )

  function askedLabels({ model, dialect, caller = NOBODY }: Asked, status: number): Labels {
    const nowhere = { model: '', model_id: '', api_base: '', api_provider: '' }
    const requested_model = models.known(model)
    const route = routeOf(dialect)
    return seriesOf({ ...nowhere, requested_model, route, status_code: String(status) }, caller)
  }

  function countTrace(trace: FullTrace): void {
    const ending = endingOf(trace.status, reasons.learn(trace.reason), trace.dialect)
    const { prompt, completion } = tokensOf(trace)
    own.traces(ending.trace)
    own.tokens(ending.prompt, prompt)
    own.tokens(ending.completion, completion)
  }

  return {
    intended: () => own.intents({}),
    held: (ms) => own.held({}, ms / 1000),
    savedLate: () => own.late({}),
    recorded(trace, totalMs, isSaved, caller = NOBODY) {
      recordCall({ trace, caller, totalMs, lost: null }, recording)
      if (isSaved) countTrace(trace)
      const reason = trace.cache?.hit ? null : movesOf(trace)
      if (reason !== null) own.moves({ reason })
      for (const warning of trace.warnings) {
        const plugin = /^plugin_failed:(.*)\.[^.]*$/.exec(warning)?.[1]
        if (plugin !== undefined) litellm.callbackFailures({ callback_name: reasons.learn(plugin) })
      }
    },
    lost(trace, error, caller = NOBODY) {
      recordCall({ trace, caller, totalMs: trace.latency_ms, lost: error }, recording)
      own.failures({ step: 'trace', code: error.code })
    },
    refused(error, asked) {
      const labels = askedLabels(asked, error.status)
      litellm.proxyTotal(labels)
      litellm.proxyFailed({ ...labels, ...exception(error.status) })
      own.refused({ code: error.code })
      if (error.type === 'capture_error') own.failures({ step: 'intent', code: error.code })
    },
    repeated(status, asked) {
      litellm.proxyTotal(askedLabels(asked, status))
      own.repeated({})
    },
    lookedUp: (result) => own.lookups({ result }),
    fellBack: (fallback) => recordFallback(fallback, recording),
    leftOut(upstream) {
      for (const labels of deploymentsOf(upstream, names, MOST_MODELS)) litellm.leftOut(labels)
    },
    async text() {
      scrape({ upstreams: upstreams(), inFlight: inFlight(), store: store() })
      tellBudgets(budgets())
      const texts: string[] = []
      for (const { name } of registry.getMetricsAsArray()) {
        texts.push(await registry.getSingleMetricAsString(name))
        // Calls get their turn between two families: a large one takes milliseconds.
        await setImmediate()
      }
      return `${texts.join('\n')}\n`
    },
  }
}
