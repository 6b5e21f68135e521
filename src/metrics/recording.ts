import type { GatewayError } from '../errors/index.ts'
import type { Dialect, FullTrace } from '../plugin/index.ts'
import { amount, providerOf, tokensOf } from '../trace/index.ts'
import type { Caller } from './caller.ts'
import { exceptionClass, failureOf, statusOf } from './failure-labels.ts'
import type { Labels } from './families.ts'
import type { LitellmFamilies } from './litellm-names.ts'
import type { SeriesOf } from './series.ts'
import type { PlaceNames } from './upstream-labels.ts'

/** A call that has come to its end. */
export interface Ended {
  readonly trace: FullTrace
  readonly caller: Caller
  /** From the call to its committed trace. */
  readonly totalMs: number
  /** What the caller was told in place of an answer whose trace could not be committed. */
  readonly lost: GatewayError | null
}

export interface RecordingParts {
  readonly families: LitellmFamilies
  readonly names: PlaceNames
  readonly seriesOf: (place: SeriesOf, caller: Caller) => Labels
}

/** Counts a call under LiteLLM's names, with the meaning they have there. */
export function recordCall(
  { trace, caller, totalMs, lost }: Ended,
  { families, names: { models, places }, seriesOf }: RecordingParts,
): void {
  const isAnswered = trace.status === 'complete' && lost === null
  // A name that no upstream lists counts for itself once a call for it was answered.
  const nameOf = isAnswered ? models.learn : models.known
  const requested_model = nameOf(trace.model)
  const model = nameOf(trace.params_sent['model'] ?? trace.model)
  const route = routeOf(trace.dialect)
  const status = lost?.status ?? statusOf(trace)
  const labelsAt = (upstream: FullTrace['upstream']): Labels =>
    seriesOf(
      {
        requested_model,
        model,
        model_id: places.learn(upstream?.name),
        api_base: places.learn(upstream?.url),
        api_provider: upstream ? providerOf(upstream.kind) : '',
        route,
        status_code: String(status),
      },
      caller,
    )
  const labels = labelsAt(trace.upstream)
  families.proxyTotal(labels)
  for (const attempt of trace.attempts) {
    const at = labelsAt(attempt.upstream)
    const failure = failureOf(attempt, trace)
    families.attempts(at)
    if (failure !== null) families.attemptsFailed({ ...at, ...exception(failure) })
    else if (attempt.error === null) families.attemptsAnswered(at)
  }
  // What was cut on the way is paid for, too.
  if (isAnswered || amount(trace.cost) > 0) families.spend(labels, amount(trace.cost))
  if (isAnswered) recordAnswer(labels)
  else families.proxyFailed({ ...labels, ...exception(status) })

  function recordAnswer(at: Labels): void {
    const { prompt, completion } = tokensOf(trace)
    families.requests(at)
    families.tokens(at, prompt + completion)
    families.inputTokens(at, prompt)
    families.outputTokens(at, completion)
    const first = trace.attempts[0]?.started_ms ?? 0
    const last = trace.attempts.at(-1)?.started_ms ?? 0
    const apiMs = trace.latency_ms - last
    families.totalLatency(at, seconds(totalMs))
    // No upstream was asked: what it takes to find an answer says nothing about one.
    if (trace.cache?.hit) return
    families.apiLatency(at, seconds(apiMs))
    families.overhead(at, seconds(totalMs - (trace.latency_ms - first)))
    if (trace.wire.stream && trace.ttft_ms !== null) {
      families.firstToken(at, seconds(trace.ttft_ms - last))
    }
    if (completion > 0) families.perToken(at, seconds(apiMs) / completion)
  }
}

/** The path a call came in on, as far as it is one of OpenAI's; what else there is counts together. */
export function routeOf(dialect: Dialect): string {
  return ROUTES[dialect]
}

const ROUTES: Readonly<Record<Dialect, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
  other: 'other',
}

export function exception(status: number): Labels {
  return { exception_status: String(status), exception_class: exceptionClass(status) }
}

function seconds(ms: number): number {
  return amount(ms) / 1000
}
