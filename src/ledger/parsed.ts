import { isObject, type JsonObject } from '../plugin/index.ts'
import { badField } from './fields.ts'

/** A document of the store. @throws SyntaxError, {GatewayError} when it is no JSON object */
export function parsed(body: string): JsonObject {
  const value: unknown = JSON.parse(body)
  if (isObject(value)) return value
  throw badField('body', 'must be an object')
}
