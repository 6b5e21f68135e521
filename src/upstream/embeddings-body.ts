import { isObject, type Outgoing } from '../plugin/index.ts'
import { scanObject } from '../wire/json-scan.ts'
import { parseJson } from '../wire/json-parse.ts'
import { spliceObject } from '../wire/json-splice.ts'

/**
 * A call for embeddings without `encoding_format: null`, which SDKs write for what their user left open
 * and vLLM refuses. Every other byte, and every other call, stays as it is.
 */
export function withoutNullFormat(outgoing: Outgoing): Outgoing {
  const { path, body } = outgoing
  if (body === null || !/^(?:\/v1)?\/embeddings(?:\?|$)/.test(path)) return outgoing
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!bytes.includes('"encoding_format"')) return outgoing
  const params = parseJson(bytes.toString('utf8'))
  if (!isObject(params) || params['encoding_format'] !== null) return outgoing
  const { encoding_format: _, ...rest } = params
  // The body was read already, with the limits it has to keep.
  const { members } = scanObject(bytes, { maxDepth: Infinity, uniqueKeys: [] })
  return { ...outgoing, body: spliceObject(bytes, members, params, rest) }
}
