import { badRequest, contextOverflow, schemaViolation } from './api-error.ts'
import type { Sampling } from './ending.ts'
import { checkFields, flag, numberOr, type FieldKind } from './fields.ts'
import { asRecord, isArrayOf, isString, isTokenId, type JsonRecord } from './json.ts'
import type { Settings } from './options.ts'
import type { Prompt } from './sampler.ts'
import { readSampling, SAMPLING_FIELDS } from './sampling-params.ts'
import { decode, encode } from './tokenizer.ts'

const COMPLETION_FIELDS = {
  ...SAMPLING_FIELDS,
  model: 'string',
  stream: 'boolean',
  stream_options: 'object',
  logprobs: 'count',
  echo: 'boolean',
  suffix: 'string',
  return_token_ids: 'boolean',
  return_tokens_as_token_ids: 'boolean',
  request_id: 'string',
} as const satisfies Record<string, FieldKind>

/** A completion request that has passed every check. */
export interface CompletionRequest {
  readonly prompts: readonly Prompt[]
  readonly sampling: Sampling
  readonly n: number
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly usageOnEveryChunk: boolean
  /** Alternatives per position beside the sampled token; null without log probabilities. */
  readonly logprobs: number | null
  readonly promptLogprobs: number | null
  readonly returnTokenIds: boolean
  readonly tokensAsIds: boolean
  readonly echo: boolean
  /** Echo alone: the engine samples one token that nobody sees. */
  readonly promptOnly: boolean
}

/** Unlike chat, which may fill the context. */
const DEFAULT_MAX_TOKENS = 16

/** @throws ApiError 400 for a body vLLM would refuse */
export const readCompletionRequest = (body: JsonRecord, settings: Settings): CompletionRequest => {
  checkFields(body, COMPLETION_FIELDS)
  const prompts = readPrompts(body['prompt'])
  const echo = flag(body, 'echo')
  const maxTokens = numberOr(body, 'max_tokens', DEFAULT_MAX_TOKENS)
  const promptOnly = echo && maxTokens === 0
  if (maxTokens < 1 && !promptOnly) {
    throw badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, 'max_tokens')
  }
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.ids.length), 0)
  if (longest + maxTokens > settings.maxModelLen) {
    throw contextOverflow(settings.maxModelLen, longest, maxTokens)
  }
  const usage = asRecord(body['stream_options'])
  if (body['stream_options'] && !flag(body, 'stream')) {
    throw badRequest('Stream options can only be defined when `stream=True`.', 'stream_options')
  }
  if (stringField(body, 'suffix') !== '')
    throw badRequest('suffix is not currently supported', 'suffix')
  return {
    prompts,
    sampling: readSampling(body, Math.max(maxTokens, 1)),
    n: numberOr(body, 'n', 1),
    stream: flag(body, 'stream'),
    includeUsage: usage['include_usage'] === true,
    usageOnEveryChunk: usage['include_usage'] === true && usage['continuous_usage_stats'] === true,
    logprobs: readLogprobs(body['logprobs']),
    promptLogprobs: numberOr(body, 'prompt_logprobs', null),
    returnTokenIds: settings.tokenIds && flag(body, 'return_token_ids'),
    tokensAsIds: flag(body, 'return_tokens_as_token_ids'),
    echo,
    promptOnly,
  }
}

const stringField = (body: JsonRecord, name: string): string =>
  typeof body[name] === 'string' ? body[name] : ''

/** One prompt or many, each as text or as token ids. */
const readPrompts = (prompt: unknown): readonly Prompt[] => {
  if (isString(prompt) && prompt !== '') return [ofText(prompt)]
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (isArrayOf(prompt, isTokenId)) return [ofIds(prompt)]
    if (isArrayOf(prompt, isString)) return prompt.map(ofText)
    const lists = prompt.filter((ids): ids is number[] => isArrayOf(ids, isTokenId))
    if (lists.length === prompt.length) return lists.map(ofIds)
    throw schemaViolation('body.prompt', 'Input should be text or token ids, one prompt or several')
  }
  if (prompt === undefined || prompt === null || prompt === '' || Array.isArray(prompt)) {
    throw badRequest('Either prompt or prompt_embeds must be provided and non-empty.', 'prompt')
  }
  throw schemaViolation('body.prompt', 'Input should be a valid string or list')
}

const ofText = (text: string): Prompt => ({ ids: encode(text), text })
const ofIds = (ids: readonly number[]): Prompt => ({ ids, text: decode(ids) })

const MOST_LOGPROBS = 20

const readLogprobs = (value: unknown): number | null => {
  if (value === undefined || value === null) return null
  const count = Number(value)
  if (count >= 0 && count <= MOST_LOGPROBS) return count
  throw badRequest(
    `Requested sample logprobs of ${count}, which is not in [0, ${MOST_LOGPROBS}].`,
    'logprobs',
  )
}
