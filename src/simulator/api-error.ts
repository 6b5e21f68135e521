/** An error the simulated server answers with, in the words and shapes of the real one. */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | null
  /** OpenAI's string code; vLLM sends the status instead. */
  readonly code: string | null

  constructor(
    status: number,
    type: string,
    message: string,
    param: string | null = null,
    code: string | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.type = type
    this.param = param
    this.code = code
  }
}

/** A value that is well formed but not allowed. */
export const badRequest = (message: string, param: string | null = null): ApiError =>
  new ApiError(400, 'BadRequestError', message, param)

/** A body that does not fit the schema; vLLM answers 400 here, not 422. */
export const schemaViolation = (path: string, problem: string): ApiError =>
  new ApiError(400, 'Bad Request', `1 validation error: ${path}: ${problem}`, path)

export const modelNotFound = (model: string): ApiError =>
  new ApiError(404, 'NotFoundError', `The model \`${model}\` does not exist.`, 'model')

export const contextOverflow = (limit: number, prompt: number, output: number): ApiError =>
  badRequest(
    `This model's maximum context length is ${limit} tokens. However, you requested ${prompt + output} tokens (${prompt} in the messages, ${output} in the completion).`,
    'input_tokens',
  )

/** Shapes of an error body: of today's vLLM, of vLLM before late 2025, of OpenAI. */
export type ErrorShape = 'nested' | 'flat' | 'openai'

export const errorBody = (error: ApiError, shape: ErrorShape): string => {
  const { message, type, param, status, code } = error
  if (shape === 'flat')
    return JSON.stringify({ object: 'error', message, type, param, code: status })
  if (shape === 'nested') return JSON.stringify({ error: { message, type, param, code: status } })
  return JSON.stringify({ error: { message, type: 'invalid_request_error', param, code } })
}
