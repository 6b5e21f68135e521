import type { JsonObject } from '../../plugin/index.ts'
import { readError } from '../error-body.ts'

/**
 * The error a body speaks of, in OpenAI's shape. Anthropic's word for it is type and code; a prompt that
 * is too long gets the code that agents look for.
 */
export function openAiError(text: string): JsonObject {
  const { message, type } = readError(text)
  const tooLong = /^prompt is too long/i.test(message)
  const word = type ?? 'api_error'
  return {
    error: { message, type: word, param: null, code: tooLong ? 'context_length_exceeded' : word },
  }
}

/** 529 is Anthropic's own way to say that it is overloaded; clients retry 503. */
export function openAiStatus(status: number): number {
  return status === 529 ? 503 : status
}
