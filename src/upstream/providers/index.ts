import { anthropicProvider } from './anthropic.ts'
import { azureProvider } from './azure.ts'
import type { Provider } from './provider.ts'
import { textCompletionProvider } from './text-completion.ts'

export { withProvider, type Provider } from './provider.ts'

/** Who stands behind an upstream. `openai` is everyone who speaks OpenAI's API: vLLM, SGLang, OpenAI. */
export type ProviderName = 'openai' | 'anthropic' | 'azure' | 'text-completion'

export interface ProviderOptions {
  /** The configured base, before its API path was taken off. */
  readonly url: string
  readonly apiVersion?: string | undefined
}

/** What has to be done for a provider; null where OpenAI's API is spoken at its usual place. */
export function providerFor(
  name: ProviderName,
  { url, apiVersion }: ProviderOptions,
): Provider | null {
  switch (name) {
    case 'openai':
      return null
    case 'anthropic':
      return anthropicProvider()
    case 'azure':
      return azureProvider({ url, apiVersion })
    case 'text-completion':
      return textCompletionProvider()
  }
}

/** Where a provider is, when the configuration does not say; undefined when that differs. */
export function defaultBase(name: ProviderName): string | undefined {
  if (name === 'anthropic') return 'https://api.anthropic.com'
  return name === 'openai' ? 'https://api.openai.com' : undefined
}
