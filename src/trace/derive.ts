import { isObject, type Json, type JsonObject, type WireRecord } from '../plugin/index.ts'

const utf8 = new TextDecoder()

/** The caller's body as a JSON object; null when it is anything else. */
export function rawRequest(received: Uint8Array): JsonObject | null {
  const body = parseJson(received)
  return isObject(body) ? body : null
}

/**
 * The reply as a JSON object. A stream becomes `{object: 'stream', events: […]}`, one entry for each
 * event whose data is JSON, in order; a reply that is no JSON object gives null.
 */
export function rawResponse(wire: Pick<WireRecord, 'response' | 'stream'>): JsonObject | null {
  if (wire.stream) {
    if (wire.response.length === 0) return null
    return { object: 'stream', events: streamEvents(utf8.decode(wire.response)) }
  }
  const body = parseJson(wire.response)
  return isObject(body) ? body : null
}

/** The messages of a request as a trace shows them, whatever its dialect calls them. */
export function requestMessages(request: JsonObject | null): readonly Json[] {
  const { messages, input } = request ?? {}
  if (Array.isArray(messages)) return messages
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return Array.isArray(input) && input.every(isObject) ? input : []
}

/** The tools of a request; null when it names none. */
export function requestTools(request: JsonObject | null): readonly Json[] | null {
  const tools = request?.['tools']
  return Array.isArray(tools) ? tools : null
}

function parseJson(bytes: Uint8Array): Json | undefined {
  if (bytes.length === 0) return undefined
  return parseText(utf8.decode(bytes))
}

function parseText(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The parsed `data` of each event (WHATWG server-sent events); what does not parse is left out. */
function streamEvents(text: string): Json[] {
  const events: Json[] = []
  let data: string[] = []
  const dispatch = (): void => {
    const value = data.length > 0 ? parseText(data.join('\n')) : undefined
    if (value !== undefined) events.push(value)
    data = []
  }
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '') dispatch()
    else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
  }
  // A cut stream may end in a whole event that misses only its blank line.
  dispatch()
  return events
}
