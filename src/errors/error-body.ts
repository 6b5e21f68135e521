import type { ErrorCode } from './codes.ts'
import type { GatewayError } from './gateway-error.ts'

/** Whose clients are told: OpenAI's, or those of LiteLLM's proxy. */
export type ErrorShape = 'openai' | 'litellm'

/** The error body of OpenAI's API. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
  }
}

/** The error body of LiteLLM's proxy: `code` is the HTTP status, and our own code stands below. */
export interface LiteLlmErrorBody {
  readonly error: OpenAiErrorBody['error'] & {
    readonly provider_specific_fields: { readonly code: ErrorCode }
  }
}

/** Types for which LiteLLM has another word. */
const TYPES: Readonly<Partial<Record<ErrorCode, string>>> = { unauthorized: 'auth_error' }

/** What a caller is told of an error, in the shape that its client reads. */
export function errorBody(
  error: GatewayError,
  shape: ErrorShape,
): OpenAiErrorBody | LiteLlmErrorBody {
  if (shape === 'openai') return error.toBody()
  const { message, type, param, code, status } = error
  return {
    error: {
      message,
      type: TYPES[code] ?? type,
      // Python's None as a text is what LiteLLM says where no parameter is to blame, but for money.
      param: param ?? (code === 'budget_exceeded' ? null : 'None'),
      code: String(status),
      provider_specific_fields: { code },
    },
  }
}
