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

/** JSON that a test reads fields from. */
export interface Json {
  readonly [key: string]: Json & string & number & Json[] & null
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
  readonly end: 'fin' | string
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
