import { errorBody, type ErrorShape, type GatewayError } from '../errors/index.ts'
import { isObject, type Json, type JsonObject } from '../plugin/index.ts'
import { parseJson } from './json-parse.ts'

/** What an error body says, whatever its shape. */
export interface ErrorBody {
  readonly message: string
  readonly param: string | null
  readonly type: string | null
  /** OpenAI sends a word, vLLM the status as a number. */
  readonly code: string | number | null
}

/** How much of a body without a message is quoted, in UTF-16 units. */
const QUOTED = 500

/**
 * Reads an error body: OpenAI's nested shape, the flat one of SGLang and older vLLM, FastAPI's
 * `detail`, a bare string, or anything else, of which the beginning is quoted.
 */
export function readError(body: string): ErrorBody {
  const data = parseJson(body)
  return readValue(Array.isArray(data) ? data[0] : data) ?? only(body.trim().slice(0, QUOTED))
}

/** The event that ends a stream with an error, which OpenAI's SDKs raise. */
export function errorEvent(error: GatewayError, shape: ErrorShape): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify(errorBody(error, shape))}\n\n`)
}

function readValue(value: Json | undefined): ErrorBody | null {
  if (typeof value === 'string' && value !== '') return only(value)
  if (!isObject(value)) return null
  const { error, detail } = value
  return readFields(error) ?? readFields(value) ?? readDetail(detail)
}

function readFields(value: Json | undefined): ErrorBody | null {
  if (typeof value === 'string' && value !== '') return only(value)
  if (!isObject(value) || typeof value['message'] !== 'string') return null
  const { message, param, type, code } = value
  return {
    message,
    param: typeof param === 'string' ? param : null,
    type: typeof type === 'string' ? type : null,
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
  }
}

/** FastAPI: a text, an error object, or a list of what is wrong with which field. */
function readDetail(detail: Json | undefined): ErrorBody | null {
  if (!Array.isArray(detail)) return isObject(detail) ? readValue(detail) : readFields(detail)
  const faults = (detail as readonly Json[]).filter(isObject)
  if (faults.length === 0) return null
  const message = faults.map(describeFault).join('; ')
  return { ...only(message), param: placeOf(faults[0] ?? {}) }
}

function describeFault(fault: JsonObject): string {
  const { msg } = fault
  return `${placeOf(fault)}: ${typeof msg === 'string' ? msg : JSON.stringify(fault)}`
}

function placeOf({ loc }: JsonObject): string {
  return Array.isArray(loc) ? loc.join('.') : 'body'
}

function only(message: string): ErrorBody {
  return { message, param: null, type: null, code: null }
}
