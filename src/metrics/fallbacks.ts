import type { Caller } from './caller.ts'
import { exception, type RecordingParts } from './recording.ts'

/** A model that was asked in place of another. */
export interface Fallback {
  /** The model of the call, and the one that was asked in its place. */
  readonly asked: string
  readonly instead: string
  /** The status that the model of the call had failed with. */
  readonly status: number
  /** False when this one failed, too. */
  readonly answered: boolean
  readonly caller: Caller
}

/** Counts a fallback under LiteLLM's names. Callers make up names here, too: one counts once it answered. */
export function recordFallback(
  { asked, instead, status, answered, caller }: Fallback,
  { families, names: { models }, seriesOf }: RecordingParts,
): void {
  const labels = seriesOf(
    {
      requested_model: models.known(asked),
      model: answered ? models.learn(instead) : models.known(instead),
      model_id: '',
      api_base: '',
      api_provider: '',
      route: '',
      status_code: String(status),
    },
    caller,
  )
  const count = answered ? families.fallbacksAnswered : families.fallbacksFailed
  count({ ...labels, fallback_model: labels['model'] ?? '', ...exception(status) })
}
