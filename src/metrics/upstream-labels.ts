import type { UpstreamInfo } from '../plugin/index.ts'
import type { Labels } from './families.ts'
import { providerOf } from '../trace/index.ts'
import type { LabelValues } from './label-values.ts'

/** An upstream as the meter sees it. */
export interface MeteredUpstream extends UpstreamInfo {
  readonly healthy: boolean
  readonly inFlight: number
  /** Null: serves any model. */
  readonly models: readonly string[] | null
}

/** What models, and what names and addresses of upstreams, are labels. */
export interface PlaceNames {
  readonly models: LabelValues
  readonly places: LabelValues
}

/** One label set for each model of an upstream, up to so many; `*` where it serves any. */
export function deploymentsOf(
  upstream: MeteredUpstream,
  { places, models: modelNames }: PlaceNames,
  most: number,
): readonly Labels[] {
  const { name, url, kind, models } = upstream
  const place = {
    model_id: places.learn(name),
    api_base: places.learn(url),
    api_provider: providerOf(kind),
  }
  return (models ?? ['*']).slice(0, most).map((model) => ({
    ...place,
    litellm_model_name: modelNames.learn(model),
  }))
}
