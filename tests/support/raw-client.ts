import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

export interface RawReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False when the connection was cut before the message ended as HTTP says. */
  readonly complete: boolean
}

/** Posts bytes and reads the reply's bytes, whole or cut. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<RawReply> {
  const bytes =
    Buffer.isBuffer(body) || typeof body === 'string'
      ? Buffer.from(body)
      : Buffer.from(JSON.stringify(body))
  return readReply(await send(url, bytes, headers))
}

/** Resolves with the head of the reply. */
export function send(
  url: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers },
    })
    outgoing.on('response', resolve).on('error', reject)
    outgoing.end(body)
  })
}

export async function readReply(incoming: IncomingMessage): Promise<RawReply> {
  const parts: Buffer[] = []
  try {
    for await (const part of incoming) parts.push(part as Buffer)
  } catch {
    // Cut: `complete` says so.
  }
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(parts),
    complete: incoming.complete,
  }
}
