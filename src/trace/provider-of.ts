import type { UpstreamKind } from '../plugin/index.ts'

/** How LiteLLM calls a server of this kind, in `custom_llm_provider` and before the model's name. */
export function providerOf(kind: UpstreamKind): string {
  if (kind === 'vllm' || kind === 'vllm-old') return 'hosted_vllm'
  return kind === 'openai' ? 'openai' : 'openai_like'
}
