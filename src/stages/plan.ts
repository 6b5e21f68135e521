import { GatewayError } from '../errors/index.ts'
import { isObject, type Dialect, type Json, type JsonObject } from '../plugin/index.ts'
import { askedTimeout } from './asked-timeout.ts'
import type { Exchange } from './exchange.ts'
import type { ForwardOptions } from './forward-options.ts'
import { meantBy } from './model-access.ts'

/** A model that is asked in place of another, with what is said differently to it. */
export interface Fallback {
  readonly model: string
  readonly params: JsonObject
}

/** What one call asks of routing. */
export interface Plan {
  /** The model that is asked for, by the name the call has for it. */
  readonly name: string
  /** The model whose upstreams are asked first, by its real name. */
  readonly model: string
  readonly session: string | null
  readonly tags: readonly string[]
  /** Tokens of the prompt, estimated. */
  readonly tokens: number
  /** How often the caller wants it sent again; null: as configured. */
  readonly retries: number | null
  /** How long the caller lets an upstream take to begin its answer, in milliseconds; null: as configured. */
  readonly timeoutMs: number | null
  /** What the caller wants asked instead; null: as configured. */
  readonly fallbacks: readonly Fallback[] | null
  readonly mayFallBack: boolean
}

/** What LiteLLM's proxy does in place of a call, or beside it; who asks for it must not believe that it was done. */
const NOT_DONE_HERE = ['mock_response', 'guardrails'] as const

/** Fields of a body by which callers steer LiteLLM's proxy; no server knows them. */
export const LITELLM_FIELDS: readonly string[] = [
  'num_retries',
  'timeout',
  'stream_timeout',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'disable_fallbacks',
  'tags',
  'cache',
  'litellm_metadata',
  'litellm_session_id',
  'litellm_trace_id',
  'drop_params',
  'allowed_openai_params',
  'extra_headers',
  'mock_testing_fallbacks',
  'mock_testing_context_fallbacks',
  'mock_testing_context_window_fallbacks',
  'mock_testing_content_policy_fallbacks',
  ...NOT_DONE_HERE,
]

/** The dialects in whose bodies `metadata` is for LiteLLM's proxy; others know it themselves. */
const METADATA_STEERS: ReadonlySet<Dialect> = new Set(['chat', 'completions', 'embeddings'])

/** True for a field that is taken out where the configuration is LiteLLM's. */
export function steersLitellm(field: string, dialect: Dialect): boolean {
  return LITELLM_FIELDS.includes(field) || (field === 'metadata' && METADATA_STEERS.has(dialect))
}

/** Where a call goes, and whose name it shows, is never up to its caller. */
const PLACES = ['api_base', 'base_url', 'api_key', 'api_version', 'organization'] as const

/** Bytes of JSON text that make a token of a prompt, roughly and rather too few. */
const BYTES_PER_TOKEN = 4

/** @throws {GatewayError} `bad_body` when a field that steers routing cannot be read, or may not be said */
export function planOf(exchange: Exchange, options: ForwardOptions): Plan {
  const { params } = exchange
  const name = meantBy(exchange.identity, modelOf(exchange))
  const { aliases, litellm } = options
  if (litellm) forbidFields(exchange)
  return {
    name,
    model: aliases.get(name) ?? name,
    session: stickTo(exchange),
    tags: tagsOf(exchange, litellm),
    tokens: promptTokens(exchange),
    retries: litellm ? retriesOf(exchange) : null,
    timeoutMs: litellm ? askedTimeout(exchange) : null,
    fallbacks: litellm ? fallbacksOf(params['fallbacks']) : null,
    mayFallBack: !litellm || params['disable_fallbacks'] !== true,
  }
}

/**
 * The model that will be sent, which a session's settings or a plugin may have changed. A plugin that
 * wrote into what the caller sent has changed nothing of that.
 */
function modelOf({ params, call }: Exchange): string {
  const model = params === call.received ? call.model : params['model']
  return typeof model === 'string' ? model : call.model
}

/**
 * The session that keeps to one upstream, and so to one prefix cache: the narrowest of the call's, its
 * last one. `default` is where calls land that named none; they have nothing in common to keep together.
 */
function stickTo({ scoped, call }: Exchange): string | null {
  return scoped ? (call.sessions.at(-1) ?? null) : null
}

function tagsOf({ params, requestHeaders }: Exchange, litellm: boolean): readonly string[] {
  const { metadata, tags } = params
  const said = litellm ? requestHeaders['x-litellm-tags'] : requestHeaders['x-sluice-tags']
  const header = typeof said === 'string' ? said.split(',') : []
  const body = litellm ? [tags, isObject(metadata) ? metadata['tags'] : undefined] : []
  return [...new Set([...header, ...body.flatMap(texts)].map((tag) => tag.trim()))].filter(Boolean)
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Tokens of a call's prompt, estimated from its text; exact where it is given as token ids. */
export function promptTokens({ body }: Exchange): number {
  const { json, members } = body
  if (!json) return 0
  const prompt = json['prompt'] ?? json['input']
  if (Array.isArray(prompt) && typeof prompt[0] === 'number') return prompt.length
  let bytes = 0
  for (const { key, valueStart, valueEnd } of members) {
    if (key === 'messages' || key === 'prompt' || key === 'input') bytes += valueEnd - valueStart
  }
  return Math.ceil(bytes / BYTES_PER_TOKEN)
}

function retriesOf({ params, requestHeaders }: Exchange): number | null {
  const said = params['num_retries'] ?? requestHeaders['x-litellm-num-retries']
  if (said === undefined || said === null) return null
  const retries = Number(said)
  if (Number.isInteger(retries) && retries >= 0 && retries <= 100) return retries
  throw new GatewayError('bad_body', {
    param: 'num_retries',
    detail: '`num_retries` must be a whole number from 0 to 100',
  })
}

function fallbacksOf(said: Json | undefined): readonly Fallback[] | null {
  if (said === undefined || said === null) return null
  if (!Array.isArray(said)) throw badFallbacks('must be a list')
  return (said as readonly Json[]).map((one) => {
    if (typeof one === 'string') return { model: one, params: {} }
    if (!isObject(one) || typeof one['model'] !== 'string') {
      throw badFallbacks('has names of models, or objects with a `model`')
    }
    const place = PLACES.find((key) => key in one)
    if (place) throw badFallbacks(`may not say \`${place}\`: where a call goes is configured`)
    return { model: one['model'], params: one }
  })
}

/** LiteLLM's proxy refuses these, too, unless it is told otherwise; no server is asked elsewhere than is configured. */
function forbidFields({ call: { received } }: Exchange): void {
  const place = PLACES.find((key) => Object.hasOwn(received, key))
  if (place !== undefined) {
    throw new GatewayError('bad_body', {
      param: place,
      detail: `\`${place}\` may not be said in a call: where it goes, and with which key, is configured`,
    })
  }
  const undone = NOT_DONE_HERE.find((key) => !isEmpty(received[key]))
  if (undone === undefined) return
  throw new GatewayError('bad_body', {
    param: undone,
    detail: `what \`${undone}\` asks for is not done here; leave it out`,
  })
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function badFallbacks(detail: string): GatewayError {
  return new GatewayError('bad_body', { param: 'fallbacks', detail: `\`fallbacks\` ${detail}` })
}
