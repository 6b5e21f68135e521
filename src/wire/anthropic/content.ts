import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'

/**
 * What a chat message says, as content blocks. Blocks that are Anthropic's already stay as they are, and
 * `cache_control` stays where it was.
 *
 * @param at where the content stands, for errors: `messages[2].content`
 * @throws {GatewayError} `bad_body` for a part that has no counterpart
 */
export function contentBlocks(content: Json | undefined, at: string): JsonObject[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw badParam(at, 'it is neither a text nor a list of parts')
  return content.map((part: Json, i) => contentBlock(part, `${at}[${i}]`))
}

function contentBlock(part: Json, at: string): JsonObject {
  if (!isObject(part)) throw badParam(at, 'a part is an object with a `type`')
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: textOf(part, 'text', at), ...marks(part) }
    case 'refusal':
      return { type: 'text', text: textOf(part, 'refusal', at) }
    case 'image_url':
      return { type: 'image', source: imageSource(part['image_url'], at), ...marks(part) }
    case 'file':
      return { type: 'document', ...documentOf(part['file'], at), ...marks(part) }
    case 'image':
    case 'document':
    case 'search_result':
      return part
    default:
      throw badParam(at, `Anthropic takes no part of the type ${JSON.stringify(part['type'])}`)
  }
}

function textOf(part: JsonObject, name: string, at: string): string {
  const text = part[name]
  if (typeof text === 'string') return text
  throw badParam(`${at}.${name}`, 'it is no text')
}

/** Where a prompt cache is to begin; OpenAI has no field for it, so callers write Anthropic's. */
function marks({ cache_control }: JsonObject): JsonObject {
  return cache_control === undefined ? {} : { cache_control }
}

function imageSource(image: Json | undefined, at: string): JsonObject {
  const place = `${at}.image_url`
  const url = isObject(image) ? image['url'] : image
  if (typeof url !== 'string') throw badParam(place, 'its `url` is missing')
  if (/^https?:/i.test(url)) return { type: 'url', url }
  return inlineSource(url, place)
}

function documentOf(file: Json | undefined, at: string): JsonObject {
  const place = `${at}.file`
  if (!isObject(file)) throw badParam(place, 'it is missing')
  const { file_data: data, filename } = file
  if (typeof data !== 'string') throw badParam(place, 'only `file_data` can be sent on')
  const title = typeof filename === 'string' ? { title: filename } : {}
  return { source: inlineSource(data, place), ...title }
}

/** A `data:` URL (RFC 2397) as base64, the only inline form there is. */
function inlineSource(url: string, at: string): JsonObject {
  const comma = url.indexOf(',')
  // Only the head is searched: what follows may be megabytes.
  const head = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^;,]+)*;base64$/i.exec(url.slice(0, comma))
  const type = head?.[1]
  if (type === undefined)
    throw badParam(at, 'it is neither an http(s) URL nor base64 in a data URL')
  return { type: 'base64', media_type: type.toLowerCase(), data: url.slice(comma + 1) }
}
