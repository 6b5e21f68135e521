/** What the prefix of a model's name stands for: who answers, and where its address and key are. */
export interface Service {
  readonly provider: 'openai' | 'azure' | 'anthropic' | 'text-completion'
  /** Where it is, unless an entry says so. */
  readonly base?: string
  /** Variables that say where it is instead. */
  readonly baseNames?: readonly string[]
  /** The variable that has its key. */
  readonly keyName?: string
  /** True when that key may go to an address that an entry names. A public service's may not. */
  readonly keyTravels?: boolean
  readonly versionName?: string
  readonly kind?: 'openai' | 'generic'
}

const OPENAI = {
  base: 'https://api.openai.com/v1',
  baseNames: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  keyName: 'OPENAI_API_KEY',
} as const

/** A public service with OpenAI's API. */
const like = (base: string, keyName: string): Service => ({ provider: 'openai', base, keyName })

/** A server of the user's own with OpenAI's API. */
const own = (name: string): Service => ({
  provider: 'openai',
  baseNames: [`${name}_API_BASE`],
  keyName: `${name}_API_KEY`,
  keyTravels: true,
})

/** A server with OpenAI's API of which nothing else is known. */
export const COMPATIBLE: Service = { provider: 'openai' }

/** The prefixes that are known, as LiteLLM spells them. */
export const SERVICES: ReadonlyMap<string, Service> = new Map<string, Service>([
  ['openai', { provider: 'openai', ...OPENAI }],
  ['text-completion-openai', { provider: 'text-completion', ...OPENAI }],
  ['custom_openai', COMPATIBLE],
  ['custom', COMPATIBLE],
  ['openai_like', own('OPENAI_LIKE')],
  ['hosted_vllm', own('HOSTED_VLLM')],
  ['vllm', own('HOSTED_VLLM')],
  ['litellm_proxy', own('LITELLM_PROXY')],
  ['lm_studio', own('LM_STUDIO')],
  [
    'azure',
    {
      provider: 'azure',
      baseNames: ['AZURE_API_BASE'],
      keyName: 'AZURE_API_KEY',
      keyTravels: true,
      versionName: 'AZURE_API_VERSION',
      kind: 'openai',
    },
  ],
  [
    'anthropic',
    {
      provider: 'anthropic',
      base: 'https://api.anthropic.com',
      baseNames: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
      keyName: 'ANTHROPIC_API_KEY',
      kind: 'generic',
    },
  ],
  ['cerebras', like('https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY')],
  ['deepseek', like('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY')],
  ['fireworks_ai', like('https://api.fireworks.ai/inference/v1', 'FIREWORKS_API_KEY')],
  ['groq', like('https://api.groq.com/openai/v1', 'GROQ_API_KEY')],
  ['mistral', like('https://api.mistral.ai/v1', 'MISTRAL_API_KEY')],
  ['nvidia_nim', like('https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM_API_KEY')],
  ['openrouter', like('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY')],
  ['together_ai', like('https://api.together.xyz/v1', 'TOGETHERAI_API_KEY')],
  ['xai', like('https://api.x.ai/v1', 'XAI_API_KEY')],
])

/** Prefixes of services whose protocol is none that is spoken here. */
export const FOREIGN: ReadonlySet<string> = new Set([
  'bedrock',
  'cohere',
  'gemini',
  'replicate',
  'sagemaker',
  'vertex_ai',
  'watsonx',
])

/** Names without a prefix by which LiteLLM knows the service. */
export const KNOWN_NAMES: readonly (readonly [name: RegExp, prefix: string])[] = [
  [/^claude-/, 'anthropic'],
  [/^(?:gpt-3\.5-turbo-instruct|davinci-002|babbage-002)/, 'text-completion-openai'],
  [
    /^(?:\*$|gpt-(?!oss)|chatgpt-|o\d|text-embedding-|text-moderation-|omni-moderation-|ft:|dall-e-|tts-|whisper-|codex-|computer-use-)/,
    'openai',
  ],
]
