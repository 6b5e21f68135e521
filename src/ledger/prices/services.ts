import type { UpstreamInfo } from '../../plugin/index.ts'

/** Hosts of services, and their ids in the price list. */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['api.groq.com', 'groq'],
  ['api.mistral.ai', 'mistral'],
  ['api.deepseek.com', 'deepseek'],
  ['generativelanguage.googleapis.com', 'google'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.x.ai', 'x-ai'],
  ['api.moonshot.ai', 'moonshotai'],
])
/** Every customer of Azure has a host of its own, below one of these. */
const AZURE = /\.(?:openai|cognitiveservices|services\.ai)\.azure\.com$/

/** Every service that an upstream may turn out to be. */
export const SERVICES: ReadonlySet<string> = new Set([...HOSTS.values(), 'azure'])

/**
 * The service that an upstream is, by its id in the price list; null for a server of one's own, where a
 * model of the same name costs nothing that anybody knows.
 *
 * @param provider whose API it has, as configured
 */
export function serviceOf({ url, kind }: UpstreamInfo, provider: string | null): string | null {
  const service = serviceAt(url)
  if (service !== null) return service
  if (provider === 'anthropic' || provider === 'azure') return provider
  return kind === 'openai' ? 'openai' : null
}

function serviceAt(url: string): string | null {
  const host = URL.parse(url)?.hostname ?? ''
  return HOSTS.get(host) ?? (AZURE.test(host) ? 'azure' : null)
}
