import { isObject, type Json, type JsonObject } from '../plugin/json.ts'

export interface ClientErrorOptions extends ErrorOptions {
  readonly status?: number | null
  /** The parameter that the gateway blames. */
  readonly param?: string | null
}

/** A request to a gateway that got no answer, or an error for an answer. */
export class GatewayClientError extends Error {
  /**
   * What went wrong: the gateway's code in the error body, `http_<status>` where there was none, the
   * code of the connection's failure (`ECONNREFUSED`, `ETIMEDOUT`, …), or `bad_reply`.
   */
  readonly code: string
  /** Null when there was no answer. */
  readonly status: number | null
  readonly param: string | null

  constructor(code: string, message: string, options: ClientErrorOptions = {}) {
    super(message, options)
    this.name = 'GatewayClientError'
    this.code = code
    this.status = options.status ?? null
    this.param = options.param ?? null
  }
}

/**
 * The error that a reply with an error status is. Reads the error bodies of OpenAI's API and of LiteLLM's
 * proxy, and `{"error": "text"}`.
 */
export function errorOfReply(status: number, body: string, request: string): GatewayClientError {
  const error = errorField(body)
  if (typeof error === 'string') return new GatewayClientError(`http_${status}`, error, { status })
  const fields = isObject(error) ? error : {}
  const { message, param } = fields
  const code = codeOf(fields)
  return new GatewayClientError(
    typeof code === 'string' ? code : `http_${status}`,
    typeof message === 'string' ? message : `${request} was answered with status ${status}`,
    { status, param: typeof param === 'string' && param !== 'None' ? param : null },
  )
}

/** LiteLLM's `code` is the status; the gateway's own one stands below then. */
function codeOf({ code, provider_specific_fields: specific }: JsonObject): Json | undefined {
  return isObject(specific) ? specific['code'] : code
}

function errorField(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) ? parsed['error'] : undefined
  } catch {
    // A proxy between here and the gateway answers with a page; the status says enough.
    return undefined
  }
}
