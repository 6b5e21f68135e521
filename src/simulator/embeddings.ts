import { schemaViolation } from './api-error.ts'
import { sendJson, type Exchange } from './exchange.ts'
import { servedModel, unixSeconds } from './generate.ts'
import { isArrayOf, isString, isTokenId } from './json.ts'
import { hashNumbers, seededRandom } from './random.ts'
import { encode } from './tokenizer.ts'

const DIMENSIONS = 16

/** `POST /v1/embeddings`: small vectors that depend on the input only. */
export const answerEmbeddings = (exchange: Exchange): void => {
  const { response, body, settings } = exchange
  const model = servedModel(exchange)
  const inputs = readInputs(body['input'])
  const asBase64 = body['encoding_format'] === 'base64'
  const data = inputs.map((ids, index) => {
    const vector = embed(ids, settings.seed)
    const embedding = asBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { index, object: 'embedding', embedding }
  })
  const tokens = inputs.reduce((sum, ids) => sum + ids.length, 0)
  sendJson(response, {
    id: `embd-${hashNumbers(inputs.flat(), settings.seed).toString(16)}`,
    object: 'list',
    created: unixSeconds(),
    model,
    data,
    usage: {
      prompt_tokens: tokens,
      total_tokens: tokens,
      completion_tokens: 0,
      prompt_tokens_details: null,
    },
  })
}

const readInputs = (input: unknown): readonly (readonly number[])[] => {
  if (isString(input)) return [encode(input)]
  if (Array.isArray(input) && input.length > 0) {
    if (isArrayOf(input, isTokenId)) return [input]
    if (isArrayOf(input, isString)) return input.map(encode)
    const lists = input.filter((ids): ids is number[] => isArrayOf(ids, isTokenId))
    if (lists.length === input.length) return lists
  }
  throw schemaViolation('body.input', 'Input should be text or token ids, one input or several')
}

/** A vector of length 1, as embedding models give. */
const embed = (ids: readonly number[], seed: number): Float32Array => {
  const random = seededRandom(hashNumbers(ids, seed))
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() * 2 - 1)
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}
