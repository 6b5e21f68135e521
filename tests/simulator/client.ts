import { connect, type Socket } from 'node:net'
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/index.ts'

/** A running simulator with the calls tests make; `await using` ends it. */
export interface Running extends AsyncDisposable {
  readonly simulator: Simulator
  readonly url: string
  readonly port: number
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** Posts a chat with one user message. */
  chat(fields?: object, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON. */
  readonly json: Json
  /** The payloads of all events but `[DONE]`. */
  readonly events: readonly Json[]
}

/**
 * A body or a chunk, as far as tests read it. Which of the fields are there, and which are null, is
 * what the tests check.
 */
export interface Json {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly choices: Choice[]
  readonly usage: Usage
  readonly system_fingerprint: string
  readonly prompt_token_ids: number[]
  readonly prompt_text: string
  readonly prompt_logprobs: (Record<string, object> | null)[]
  readonly kv_transfer_params: object
  readonly error: { type: string; message: string; param: string; code: number | string }
  readonly data: Listed[]
  readonly count: number
  readonly tokens: number[]
  readonly token_strs: string[]
  readonly max_model_len: number
  readonly aborted: number
}

export interface Choice {
  readonly index: number
  readonly message: Message
  readonly delta: Message
  readonly text: string
  readonly logprobs: Logprobs
  readonly finish_reason: string
  readonly stop_reason: string | number | null
  readonly token_ids: number[]
  readonly prompt_token_ids: number[]
}

export interface Message {
  readonly role: string
  readonly content: string | null
  readonly reasoning: string
  readonly tool_calls: Call[]
}

export interface Call {
  readonly id: string
  readonly index: number
  readonly function: { readonly name: string; readonly arguments: string }
}

/** Of chat, `content`; of completions, the columns. */
export interface Logprobs {
  readonly content: Entry[]
  readonly refusal: null
  readonly text_offset: number[]
  readonly token_logprobs: number[]
  readonly tokens: string[]
  readonly top_logprobs: Record<string, number>[]
}

export interface Entry {
  readonly token: string
  readonly logprob: number
  readonly bytes: number[]
  readonly top_logprobs: Entry[]
}

interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: object
  readonly completion_tokens_details: { readonly reasoning_tokens: number }
}

/** An entry of a list of models or embeddings. */
interface Listed {
  readonly id: string
  readonly object: string
  readonly owned_by: string
  readonly max_model_len: number
  readonly embedding: number[]
}

/** The event that ends a stream, before `[DONE]`. */
export const last = (events: readonly Json[]): Json => {
  const event = events.at(-1)
  if (event === undefined) throw new Error('no events')
  return event
}

/** The first choice of a body or chunk. */
export const first = (json: Json): Choice => {
  const choice = json.choices[0]
  if (choice === undefined) throw new Error(`no choice in ${JSON.stringify(json)}`)
  return choice
}

export const MESSAGES = [{ role: 'user', content: 'Say something about rivers.' }]

export const run = async (options: SimulatorOptions = {}): Promise<Running> => {
  const simulator = createSimulator(options)
  const { url, port } = await simulator.listen()
  const answerOf = async (response: Response): Promise<Answer> => {
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      get json() {
        return JSON.parse(text)
      },
      get events() {
        return eventsOf(text)
      },
    }
  }
  const post: Running['post'] = async (path, body, headers) =>
    answerOf(
      await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        redirect: 'manual',
      }),
    )
  return {
    simulator,
    url,
    port,
    post,
    get: async (path, headers) =>
      answerOf(await fetch(`${url}${path}`, { headers: headers ?? {} })),
    chat: (fields, headers) =>
      post('/v1/chat/completions', { messages: MESSAGES, ...fields }, headers ?? {}),
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}

export const eventsOf = (text: string): Json[] =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)))

/** A chat request as bytes, for tests that look at the socket itself. */
export const rawChat = (fields: object, headers: Record<string, string> = {}): string => {
  const body = JSON.stringify({ messages: MESSAGES, ...fields })
  const lines = Object.entries({
    host: 'simulator',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** What a connection gave until it ended, and how it ended. */
export interface RawAnswer {
  readonly text: string
  /** `fin`, or the code of the error. */
  readonly end: string
}

/** Sends bytes and reads until the server ends the connection. */
export const exchangeRaw = (port: number, request: string): Promise<RawAnswer> => {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>()
  const socket = connect(port, '127.0.0.1', () => socket.write(request))
  const chunks: Buffer[] = []
  const finish = (end: string): void =>
    resolve({ text: Buffer.concat(chunks).toString('utf8'), end })
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('end', () => finish('fin'))
  socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? 'error'))
  return promise
}

/** Connects, sends bytes and resolves once `text` has come in. */
export const readUntil = (port: number, request: string, text: string): Promise<Socket> => {
  const { promise, resolve } = Promise.withResolvers<Socket>()
  const socket = connect(port, '127.0.0.1', () => socket.write(request))
  let seen = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    seen += chunk.toString('latin1')
    if (seen.includes(text)) resolve(socket)
  })
  return promise
}
