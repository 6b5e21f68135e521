import { schemaViolation } from './api-error.ts'
import { readPrompt } from './chat-request.ts'
import { sendJson, type Exchange } from './exchange.ts'
import { checkFields, flag, listOfIds } from './fields.ts'
import type { ChatMessage } from './template.ts'
import { decode, encode } from './tokenizer.ts'
import { textOf } from './vocabulary.ts'

/** `POST /tokenize`: a prompt or messages, told apart by which of them is there. */
export const answerTokenize = ({ response, body, settings }: Exchange): void => {
  checkFields(body, {
    prompt: 'string',
    messages: 'messages',
    tools: 'objects',
    return_token_strs: 'boolean',
  })
  const tokens = tokensOf(body)
  const strings = flag(body, 'return_token_strs') ? tokens.map(textOf) : null
  sendJson(response, {
    count: tokens.length,
    max_model_len: settings.maxModelLen,
    tokens,
    token_strs: strings,
  })
}

const tokensOf = (body: Exchange['body']): readonly number[] => {
  if (typeof body['prompt'] === 'string') return encode(body['prompt'])
  if (!Array.isArray(body['messages'])) throw schemaViolation('body.prompt', 'Field required')
  return readPrompt(body, body['messages'] as readonly ChatMessage[]).ids
}

/** `POST /detokenize`. */
export const answerDetokenize = ({ response, body }: Exchange): void => {
  if (body['tokens'] === undefined) throw schemaViolation('body.tokens', 'Field required')
  checkFields(body, { tokens: 'tokenIds' })
  sendJson(response, { prompt: decode(listOfIds(body['tokens'])) })
}
