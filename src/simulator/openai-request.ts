import { ApiError } from './api-error.ts'
import { flag, stringOr } from './fields.ts'
import type { JsonRecord } from './json.ts'

const KNOWN = new Set([
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'metadata',
  'modalities',
  'model',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
])

const REASONING_MODEL = /^o\d/

/**
 * What OpenAI refuses and vLLM lets pass: fields it does not know, and log probabilities of its
 * reasoning models.
 * @throws ApiError 400 or 403
 */
export const refuseForOpenAi = (body: JsonRecord): void => {
  const unknown = Object.keys(body).filter((name) => !KNOWN.has(name))
  if (unknown.length > 0) {
    const noun = unknown.length === 1 ? 'argument' : 'arguments'
    throw refusal(400, `Unrecognized request ${noun} supplied: ${unknown.join(', ')}`)
  }
  if (flag(body, 'logprobs') && REASONING_MODEL.test(stringOr(body, 'model', ''))) {
    throw refusal(403, 'You are not allowed to request logprobs from this model')
  }
}

const refusal = (status: number, message: string): ApiError =>
  new ApiError(status, 'invalid_request_error', message)
