import type { UpstreamInfo, UpstreamKind } from '../plugin/index.ts'
import type { Labels } from './families.ts'
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

/** How LiteLLM calls a server of this kind, in `custom_llm_provider` and before the model's name. */
export function providerOf(kind: UpstreamKind): string {
  if (kind === 'vllm' || kind === 'vllm-old') return 'hosted_vllm'
  return kind === 'openai' ? 'openai' : 'openai_like'
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
