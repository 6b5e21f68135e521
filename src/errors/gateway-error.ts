import { CODES, type ErrorCode } from './codes.ts'

export interface GatewayErrorOptions {
  /** What exactly is wrong and where, in words the caller may read. */
  readonly detail?: string
  /** In place of the code's own text, where clients know other words. */
  readonly text?: string
  /** The request field the error is about (`param` in OpenAI's shape). */
  readonly param?: string
  /** HTTP status, where the code's own one does not fit. */
  readonly status?: number
  /** Who failed: `plugin:<name>.<hook>`, `upstream:<name>`, `store`, … Logged, never sent. */
  readonly owner?: string
  readonly cause?: unknown
  /** Extra response headers, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The one error class. Its message is public; cause and owner are for logs and traces. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly owner: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    const entry = CODES[code]
    super(
      options.text ?? (options.detail ? `${entry.text}: ${options.detail}` : `${entry.text}.`),
      {
        cause: options.cause,
      },
    )
    this.name = 'GatewayError'
    this.code = code
    this.status = options.status ?? entry.status
    this.type = entry.type
    this.param = options.param ?? null
    this.owner = options.owner ?? null
    this.headers = options.headers ?? {}
  }

  /** The body that OpenAI's SDKs understand. */
  toBody(): { error: { message: string; type: string; param: string | null; code: string } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** Makes any thrown value a {@link GatewayError}; one that already is stays as it is. */
export function asGatewayError(
  thrown: unknown,
  code: ErrorCode = 'internal',
  owner?: string,
): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError(code, { cause: thrown, ...(owner === undefined ? {} : { owner }) })
}
