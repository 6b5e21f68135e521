import { readFileSync } from 'node:fs'
import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import { parse } from 'yaml'

/** A recorded reply. */
export interface Fixture {
  /** What the server answered with: an event stream, or one JSON body. */
  readonly kind: 'stream' | 'single'
  /** The reply body. Exact where the recording kept bytes, made anew where it kept parsed chunks. */
  readonly bytes: Buffer
  /** The parsed payloads in order, without the terminator. */
  readonly chunks: readonly JsonObject[]
  /** The request, where it was recorded. */
  readonly request?: JsonObject
}

/** Reads one of `tests/fixtures`. A file with several replies gives its first. */
export function loadFixture(name: string): Fixture {
  const [first] = loadFixtures(name)
  if (!first) throw new Error(`tests/fixtures/${name} holds no reply`)
  return first
}

/** Reads every reply of a file. */
export function loadFixtures(name: string): readonly Fixture[] {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
  if (name.endsWith('.sse')) return [stream(text)]
  if (name.endsWith('.cassette.yaml')) return cassette(parse(text))
  if (name.endsWith('.recording.json')) return [recording(JSON.parse(text))]
  if (name.endsWith('.chunks.txt')) return [rebuilt(lines(text).map(object))]
  if (name.endsWith('.rollouts.jsonl')) return lines(text).map((line) => rollout(object(line)))
  if (name.endsWith('.json')) return [single(JSON.parse(text))]
  throw new Error(`tests/fixtures/${name} has no known format`)
}

function stream(text: string, request?: JsonObject): Fixture {
  const payloads = text.split('\n').filter((line) => line.startsWith('data: '))
  const chunks = payloads.map((line) => line.slice(6)).filter((data) => data !== '[DONE]')
  return { kind: 'stream', bytes: Buffer.from(text), chunks: chunks.map(object), ...asked(request) }
}

/** A stream of which only the parsed chunks were recorded. */
function rebuilt(chunks: readonly JsonObject[], request?: JsonObject): Fixture {
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
  const bytes = Buffer.from(`${events.join('')}data: [DONE]\n\n`)
  return { kind: 'stream', bytes, chunks, ...asked(request) }
}

function single(body: Json, request?: JsonObject): Fixture {
  const bytes = Buffer.from(JSON.stringify(body))
  return { kind: 'single', bytes, chunks: [checked(body)], ...asked(request) }
}

/** HTTP interactions; bodies are kept as text, or parsed where they were JSON. */
function cassette(document: Json): readonly Fixture[] {
  return list(checked(document)['interactions']).map((interaction) => {
    const request = checked(checked(interaction['request'])['parsed_body'])
    const response = checked(interaction['response'])
    const parsed = response['parsed_body']
    if (parsed !== undefined) return single(parsed, request)
    const text = checked(response['body'])['string']
    if (typeof text !== 'string') throw new Error('a cassette reply has neither text nor JSON')
    return stream(text, request)
  })
}

/** One call with its reply as parsed objects, each wrapped with the name of its class. */
function recording(document: Json): Fixture {
  const { request, response } = checked(document)
  const body = checked(response)['body']
  const asked = checked(checked(request)['body'])
  if (isObject(body)) return single(body['__data__'] ?? null, asked)
  return rebuilt(
    list(body).map((chunk) => checked(chunk['__data__'])),
    asked,
  )
}

/**
 * Recorded ids and logprobs of a vLLM, put back into a reply. The texts of the tokens were not recorded,
 * so the entries are those of a call with `return_tokens_as_token_ids`.
 */
function rollout(line: JsonObject): Fixture {
  const response = checked(line['response'])
  const message = list(response['output']).find((item) => item['type'] === 'message') ?? {}
  const text = list(message['content'])
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
  const ids = message['generation_token_ids']
  const values = message['generation_log_probs']
  const prompt = message['prompt_token_ids']
  if (!Array.isArray(ids) || !Array.isArray(values) || !Array.isArray(prompt)) {
    throw new Error('a rollout has no ids or logprobs')
  }
  return single({
    id: 'chatcmpl-rollout',
    object: 'chat.completion',
    created: 0,
    model: 'model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        logprobs: {
          content: values.map((logprob, i) => ({
            token: `token_id:${String(ids[i])}`,
            logprob,
            bytes: null,
            top_logprobs: [],
          })),
        },
        finish_reason: 'stop',
        stop_reason: null,
        token_ids: ids,
      },
    ],
    usage: {
      prompt_tokens: prompt.length,
      completion_tokens: ids.length,
      total_tokens: prompt.length + ids.length,
    },
    prompt_token_ids: prompt,
  })
}

function asked(request: JsonObject | undefined): { request?: JsonObject } {
  return request ? { request } : {}
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function object(text: string): JsonObject {
  return checked(JSON.parse(text))
}

function checked(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new Error('a fixture holds something else than a JSON object')
  return value
}
