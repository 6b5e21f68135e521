import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
  /** Which connection it came on, counted from 0. */
  readonly connection: number
}

export type Answer = (response: ServerResponse, request: SeenRequest) => unknown

export interface ScriptedGateway {
  readonly url: string
  readonly seen: SeenRequest[]
  /** The answers to the coming requests, in order; the last one stays. */
  play(...answers: readonly Answer[]): void
}

/** A JSON answer. */
export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))
}

/** Closes the connection in place of an answer. */
export const hangUp: Answer = (response) => response.destroy()

/** Leaves the request without an answer. */
export const silence: Answer = () => {}

/** An HTTP server that answers as scripted. */
export async function startScripted(t: {
  after(undo: () => unknown): void
}): Promise<ScriptedGateway> {
  const seen: SeenRequest[] = []
  const connections: Socket[] = []
  let queue: Answer[] = [json({})]
  const server = createServer((request, response) => void answerTo(request, response))
  async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const full: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
      connection: connections.indexOf(request.socket),
    }
    seen.push(full)
    const answer = queue.length > 1 ? queue.shift() : queue[0]
    answer?.(response, full)
  }
  server.on('connection', (socket: Socket) => connections.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    play(...answers) {
      queue = [...answers]
    },
  }
}
